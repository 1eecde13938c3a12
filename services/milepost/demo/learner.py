"""What one learner does, act by act: a persona, the sessions of a cohort, and the luck of the draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from milepost.demo.acts import Act, Explanation
from milepost.demo.balance import Balance
from milepost.demo.personas import Persona, Showing
from milepost.demo.places import Coming, Meeting
from milepost_schemas.instants import DAY, HOUR, MINUTE

PROGRAM = "lockout-tagout"
ABOUT_PREWORK = frozenset({"prework_overdue", "unprepared_for_session", "never_started", "attended_without_prework"})
ABOUT_ABSENCE = frozenset({"elearning_done_ilt_missed", "no_show", "repeat_no_show", "partial_attendance"})
NEVER = 0.15
"""How much of what is late is never done at all."""

CARDS = ((2, 5), (7, 10), (14, 17))
"""Days after the live part on which each recall card opens and is due."""


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody in a cohort. `room` says whether they come to the training room or by video.

    `enrolled_at` is when the office says that they are enrolled, `since` from when on.
    """

    name: str
    mail: str
    account: str
    zone: str
    cohort: str
    room: bool
    persona: Persona
    since: int
    enrolled_at: int
    rng: Random
    opens: Balance
    closes: Balance


class Journey:
    """Writes the acts of one learner, and their place in the meetings that they have a seat in."""

    def __init__(self, learner: Learner, regular: Sequence[Meeting], make_up: Sequence[Meeting]) -> None:
        """Begin with nothing done."""
        self._learner = learner
        self._persona = learner.persona
        self._rng = learner.rng
        self._regular = regular
        self._make_up = make_up
        self._care = learner.rng.uniform(*learner.persona.care)
        self.acts: list[Act] = []

    def write(self) -> list[Act]:
        """Return all that happens to the learner, in no particular order."""
        told: dict[str, Any] = {"when": self._learner.since, "zone": self._learner.zone, "cohort": self._learner.cohort}
        self._office(self._learner.enrolled_at, "enroll", **told)
        meeting = self._choose()
        ready_at = self._prework(meeting)
        self._take_seat(meeting, ready_at)
        if self._persona.withdraws:
            self._office(self._learner.enrolled_at + self._within(24 * DAY, 36 * DAY), "withdraw")
        return self.acts

    # --- before the live part ----------------------------------------------------------------------------------------

    def _choose(self) -> Meeting:
        """Return the first session that the learner is after."""
        canceled = [meeting for meeting in self._regular if meeting.canceled_at is not None]
        held = [meeting for meeting in self._regular if meeting.canceled_at is None]
        if self._persona.seat == "session_canceled":
            return canceled[0]
        if self._persona.prework in ("slow_start", "never"):
            return self._rng.choice(held[-2:])
        return self._make_up[0] if self._persona.seat == "late" else self._rng.choice(held)

    def _prework(self, meeting: Meeting) -> int:
        """Do theory and quiz before, or after, a session; return when both are done."""
        begins, start_at, end_at = self._learner.enrolled_at, meeting.start_at, meeting.end_at
        match self._persona.prework:
            case "in_time":
                theory_at = self._between(begins + 4 * HOUR, min(begins + 4 * DAY, start_at - 108 * HOUR))
                quiz_by = theory_at + 40 * HOUR if self._persona.seat == "late" else start_at - 92 * HOUR
                return self._do_both(theory_at, self._quiet(theory_at + HOUR, quiz_by, 3 * DAY))
            case "last_minute":
                theory_at = self._between(start_at - 71 * HOUR, start_at - 52 * HOUR)
                return self._do_both(theory_at, self._between(start_at - 36 * HOUR, start_at - 18 * HOUR))
            case "overdue":
                theory_at = self._between(start_at - 40 * HOUR, start_at - 26 * HOUR)
                return self._do_both(theory_at, self._between(start_at - 13 * HOUR, start_at - 2 * HOUR))
            case "after_session":
                theory_at = self._between(end_at + 8 * HOUR, end_at + 60 * HOUR)
                return self._do_both(theory_at, theory_at + self._within(HOUR, 20 * HOUR))
            case "slow_start":
                theory_at = self._between(begins + 176 * HOUR, begins + 205 * HOUR)
                return self._do_both(theory_at, theory_at + self._within(2 * HOUR, 30 * HOUR))
            case "long_ago":
                return self._long_ago()
            case "offline":
                return self._offline(meeting)
            case "retries":
                return self._retry(meeting)
            case "voided":
                return self._regraded(meeting)
            case "never":
                return end_at + 400 * DAY

    def _do_both(self, theory_at: int, quiz_at: int) -> int:
        self._theory(theory_at, sent_at=theory_at)
        self._quiz(quiz_at, 1, self._rng.uniform(0.8, 1.0))
        return quiz_at

    def _theory(self, at: int, *, sent_at: int, explains: tuple[Explanation, ...] = ()) -> None:
        """Work through the SCORM content in one or two sittings; a wrapper voids the end of the first one."""
        late = sent_at - at
        self._lms(at + late - 40 * MINUTE, "launch", when=at - 40 * MINUTE)
        if self._rng.random() < 0.3:
            name = f"{self._learner.account}-{self._rng.getrandbits(64):016x}"
            self._lms(at + late - 25 * MINUTE, "terminate", when=at - 25 * MINUTE, name=name, done=False)
            self._lms(at + late - 9 * MINUTE, "void", when=at - 9 * MINUTE, name=name)
        self._lms(at + late - MINUTE, "scorm_score", when=at - MINUTE, score=self._rng.uniform(0.7, 1.0))
        self._lms(sent_at, "scorm_done", when=at, explains=explains)
        if self._rng.random() < 0.2:
            self._lms(sent_at + self._within(HOUR, 9 * HOUR), "scorm_done", when=at)  # the same again, without an id

    def _quiz(self, at: int, attempt: int, score: float, *, named: str | None = None, test: str = "quiz") -> None:
        self._lms(at, test, when=at, attempt=attempt, score=score, name=named)
        if named is None and self._rng.random() < 0.15:
            self._lms(at + self._within(HOUR, 7 * HOUR), test, when=at, attempt=attempt, score=score, name=None)

    def _long_ago(self) -> int:
        """Have done both weeks ago; the LMS, connected this morning, reports it before the office enrolls them."""
        begins, sent_at = self._learner.since, self._learner.enrolled_at - HOUR
        theory_at = begins + self._within(DAY, 6 * DAY)
        self._theory(theory_at, sent_at=sent_at)
        quiz_at = theory_at + self._within(2 * HOUR, 3 * DAY)
        self._lms(sent_at, "quiz", when=quiz_at, attempt=1, score=self._rng.uniform(0.8, 1.0), name=None)
        return quiz_at

    def _offline(self, meeting: Meeting) -> int:
        """Do the theory on a tablet in time; it reports when the dues are past."""
        theory_at = meeting.start_at - self._within(112 * HOUR, 120 * HOUR)
        sent_at = meeting.start_at - self._within(9 * HOUR, 16 * HOUR)
        why = "the tablet was offline, and reported the theory days after it was done"
        self._theory(theory_at, sent_at=sent_at, explains=(self._late(ABOUT_PREWORK, sent_at, why),))
        quiz_at = self._between(meeting.start_at - 108 * HOUR, meeting.start_at - 93 * HOUR)
        self._quiz(quiz_at, 1, self._rng.uniform(0.8, 1.0))
        return sent_at

    def _retry(self, meeting: Meeting) -> int:
        theory_at = self._between(self._learner.enrolled_at + 4 * HOUR, meeting.start_at - 125 * HOUR)
        self._theory(theory_at, sent_at=theory_at)
        at, tries = theory_at, self._rng.choice((1, 2))
        for attempt in range(1, tries + 1):
            at += self._within(2 * HOUR, 20 * HOUR)
            self._quiz(at, attempt, self._rng.uniform(0.3, 0.75))
        at += self._within(3 * HOUR, 30 * HOUR)
        self._quiz(at, tries + 1, self._rng.uniform(0.8, 1.0))
        return at

    def _regraded(self, meeting: Meeting) -> int:
        """Pass the quiz, have the pass withdrawn for a wrong key, and pass again."""
        passed_at = self._do_both_with_name(meeting)
        voided_at = passed_at + self._within(14 * HOUR, 40 * HOUR)
        why = "the LMS withdrew a pass of the quiz: its key was wrong"
        explained = (self._late(frozenset({"not_booked"}), voided_at, why),)
        self._lms(voided_at, "void", when=voided_at, name=f"{self._learner.account}-pass", explains=explained)
        again_at = self._between(voided_at + 5 * HOUR, meeting.start_at - 4 * HOUR)
        self._quiz(again_at, 2, self._rng.uniform(0.85, 1.0))
        return again_at

    def _do_both_with_name(self, meeting: Meeting) -> int:
        theory_at = self._between(self._learner.enrolled_at + 4 * HOUR, meeting.start_at - 150 * HOUR)
        self._theory(theory_at, sent_at=theory_at)
        quiz_at = self._between(theory_at + HOUR, meeting.start_at - 130 * HOUR)
        self._quiz(quiz_at, 1, 0.82, named=f"{self._learner.account}-pass")
        return quiz_at

    # --- seats -------------------------------------------------------------------------------------------------------

    def _take_seat(self, meeting: Meeting, ready_at: int) -> None:
        """Take the first seat, and come to it or not; then go on with the next one where it is missed."""
        start_at = meeting.start_at
        begins = self._learner.enrolled_at
        soon = self._quiet(begins + 2 * HOUR, begins + 30 * HOUR, 3 * DAY)
        match self._persona.seat:
            case "booked":
                self._seat(soon, meeting, "booked")
                self._show_up(meeting, self._persona.showings)
            case "late":
                booked_at = min(ready_at + self._within(80 * HOUR, 140 * HOUR), start_at - 30 * HOUR)
                self._seat(booked_at, meeting, "booked")
                self._show_up(meeting, self._persona.showings)
            case "waitlisted":
                self._seat(soon, meeting, "waitlisted")
                self._seat(start_at - self._within(28 * HOUR, 60 * HOUR), meeting, "booked")
                self._show_up(meeting, self._persona.showings)
            case "passed_over":
                self._seat(soon, meeting, "waitlisted")
                self._rebook(start_at)
            case "excused":
                self._seat(soon, meeting, "booked")
                excused_at = self._quiet(start_at - 40 * HOUR, start_at - 5 * HOUR, 7 * DAY)
                self._office(excused_at, "excuse", offering=meeting.offering, reason="Ill")
                self._rebook(excused_at)
            case "gives_up":
                self._seat(soon, meeting, "booked")
                given_up_at = start_at - self._within(4 * HOUR, 15 * HOUR)
                self._office(given_up_at, "seat", offering=meeting.offering, state="canceled", canceled_by="learner")
                self._rebook(given_up_at)
            case "session_canceled":
                self._seat(soon, meeting, "booked")
                self._rebook(meeting.canceled_at or start_at)

    def _seat(self, at: int, meeting: Meeting, state: str) -> None:
        self._office(at, "seat", offering=meeting.offering, state=state)

    def _rebook(self, after: int, showings: tuple[Showing, ...] | None = None) -> None:
        """Book the next session some time after the last one was lost."""
        slow = self._persona.slow_to_rebook
        waits = {"excused": (8 * DAY, 10 * DAY)}.get(self._persona.seat, (4 * DAY, 6 * DAY)) if slow else (DAY, 3 * DAY)
        booked_at = after + self._within(*waits)
        meeting = next((one for one in self._make_up if one.start_at > booked_at + 26 * HOUR), None)
        if meeting is not None:
            self._seat(booked_at, meeting, "booked")
            self._show_up(meeting, self._persona.showings if showings is None else showings)

    def _show_up(self, meeting: Meeting, showings: tuple[Showing, ...]) -> None:
        """Come to a session as the first of these says, and live with what follows from it."""
        how, rest = showings[0], showings[1:]
        by_video = how in ("guest", "private_mail") or not self._learner.room
        room = how == "forgotten" or not by_video
        meeting.coming.append(Coming(self._learner.name, self._learner.mail, how, room))
        known_at = max(meeting.sheet_at, meeting.end_at + 2 * HOUR)
        match how:
            case "present":
                self._follow_up(meeting, meeting.end_at)
            case "guest":
                self._link(meeting, known_at - self._within(0, 2 * HOUR))
            case "private_mail":
                self._link_mail(meeting.end_at + self._within(3 * HOUR, 40 * HOUR))
                self._follow_up(meeting, meeting.end_at)
            case "forgotten":
                self._correct(meeting, known_at + self._within(9 * HOUR, 40 * HOUR))
            case "excused_afterwards":
                self._excuse_late(meeting, known_at + self._within(5 * HOUR, 30 * HOUR), rest)
            case "partial" | "absent":
                if rest:
                    self._rebook(known_at, rest)

    def _link(self, meeting: Meeting, at: int) -> None:
        self._office(at, "link_guest", offering=meeting.offering, guest=guest_name(self._learner.name))
        self._follow_up(meeting, meeting.end_at)

    def _link_mail(self, at: int) -> None:
        why = "a private address in the meeting turned out to be theirs"
        explained = (self._late(ABOUT_ABSENCE, at, why),)
        self._office(at, "describe", private=private_mail(self._learner.mail), explains=explained)

    def _correct(self, meeting: Meeting, at: int) -> None:
        why = "the room sheet had left them out, and was corrected"
        explained = (self._late(ABOUT_ABSENCE, at, why),)
        self._office(
            at, "mark", offering=meeting.offering, mark="present", reason="Left out of the sheet", explains=explained
        )
        self._follow_up(meeting, max(meeting.end_at, at - DAY))

    def _excuse_late(self, meeting: Meeting, at: int, rest: tuple[Showing, ...]) -> None:
        explained = (self._late(ABOUT_ABSENCE, at, "the note from the doctor came after the session"),)
        self._office(at, "excuse", offering=meeting.offering, reason="Ill, with a note", explains=explained)
        self._rebook(at, rest)

    # --- after the live part -----------------------------------------------------------------------------------------

    def _follow_up(self, meeting: Meeting, knows_at: int) -> None:
        """Do the final test, the cards, the sign-offs and look at the job aid; in time, late, or never."""
        at = meeting.end_at
        test_at = max(at + self._within(3 * HOUR, 4 * DAY), knows_at)
        if self._rng.random() < 0.2:
            self._quiz(test_at, 1, self._rng.uniform(0.4, 0.75), test="posttest")
            test_at += self._within(4 * HOUR, 30 * HOUR)
        self._quiz(test_at, 2, self._rng.uniform(0.8, 1.0), test="posttest")
        for number, (opens, due) in enumerate(CARDS, start=1):
            card_at = self._in_time_or_late(at + opens * DAY, at + due * DAY)
            if card_at is not None:
                self._lms(card_at, "card", when=card_at, number=number)
        aid_at = self._in_time_or_late(at + 6 * HOUR, at + 10 * DAY)
        if aid_at is not None:
            self._lms(aid_at, "aid", when=aid_at)
        for number in range(1, 4):
            signed_at = self._in_time_or_late(at + number * 2 * DAY, at + (8 + 2 * number) * DAY)
            self._office(
                signed_at or at + self._within(15 * DAY, 21 * DAY), "sign_off", role="supervisor", number=number
            )

    def _in_time_or_late(self, opens_at: int, due_at: int) -> int | None:
        """Return a moment before a due, some time after it, or none; what is late is rarely never."""
        if self._rng.random() < self._care:
            return self._between(opens_at + HOUR, due_at - 2 * HOUR)
        if self._rng.random() < NEVER:
            return None
        moments = [due_at + self._within(3 * HOUR, 3 * DAY) for _ in range(6)]
        return moments[self._learner.closes.quietest([(moment,) for moment in moments])]

    # --- writing -----------------------------------------------------------------------------------------------------

    def _within(self, least: int, most: int) -> int:
        return self._rng.randint(least, most)

    def _between(self, begin: int, end: int) -> int:
        return self._rng.randint(begin, max(begin, end))

    def _quiet(self, begin: int, end: int, later: int) -> int:
        """Return a moment such that little else makes gaps open so much later."""
        moments = [self._between(begin, end) for _ in range(8)]
        return moments[self._learner.opens.quietest([(moment + later,) for moment in moments])]

    def _late(self, gaps: frozenset[str], at: int, why: str) -> Explanation:
        return Explanation(self._learner.mail, gaps, at, why)

    def _office(self, at: int, do: str, *, explains: tuple[Explanation, ...] = (), **said: object) -> None:
        who = {"name": self._learner.name, "mail": self._learner.mail, "account": self._learner.account}
        self.acts.append(Act(at, "office", do, {**who, "when": at, **said}, explains))

    def _lms(self, at: int, do: str, *, explains: tuple[Explanation, ...] = (), **said: object) -> None:
        self.acts.append(
            Act(at, "lms", do, {"who": self._learner.name, "account": self._learner.account, **said}, explains)
        )


def guest_name(name: str) -> str:
    """Return what somebody types when Zoom asks a guest for a name: Ana R."""
    first, *_, last = name.split()
    return f"{first} {last[0]}."


def private_mail(mail: str) -> str:
    """Return the private address of somebody."""
    return mail.split("@", maxsplit=1)[0].replace(".", "") + "@home.example.org"
