"""The sentences of a timeline, each with what happens when it is read."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from milepost.stories import happenings as h
from milepost.stories.cast import Cast, Run
from milepost.stories.forms import Form
from milepost.stories.happenings import OFFICE, AnyHappening
from milepost.stories.moments import Almanac
from milepost_schemas.facts import Channel, PlannedSession
from milepost_schemas.program_lines import Unreadable
from milepost_schemas.words import Claim, Mark


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and what stands in the blanks of its form."""

    sentence: str
    blanks: Mapping[str, str | None]

    def __getitem__(self, blank: str) -> str:
        """Return what stands in a blank that is always filled."""
        return self.blanks[blank] or ""

    def given(self, blank: str) -> str | None:
        """Return what stands in a blank; None where it was left out, or the form has none."""
        return self.blanks.get(blank)


DOING: dict[str, tuple[Claim, ...]] = {
    "open": ("opened",),
    "start": ("attempted",),
    "answer": ("answered",),
    "complete": ("completed",),
    "pass": ("passed",),
    "fail": ("failed",),
    "attest": ("attested",),
    "untick": ("uncompleted",),
}
"""What the verbs of a step claim."""

VERBS = "|".join(f"{verb}|{verb}{'es' if verb == 'pass' else 's'}" for verb in DOING)

FORMS = (
    Form("enroll", "PEOPLE enroll|enrolls [in cohort COHORT]", "They are on the program from then on."),
    Form("withdraw", "PEOPLE withdraw|withdraws", "They have left the program."),
    Form("reach", "PEOPLE reach|reaches PERCENT % of STEP", "They have made so much progress."),
    Form("waive", "STEP is waived for PEOPLE", "A person decided that they need not do it."),
    Form("unwaive", "STEP is no longer waived for PEOPLE", "That decision is taken back."),
    Form("sign off", "ROLE signs off STEP for PEOPLE", "Somebody with this role has seen them do it."),
    Form("take the seat", "provider cancels the seat of PEOPLE in OFFERING", "The seat is taken back."),
    Form("cancel", "provider cancels SESSION", "The session (or all of an offering) does not take place."),
    Form("move", "provider moves SESSION to MOMENT", "The session is at another time, as long as before."),
    Form("book", "PEOPLE book|books OFFERING", "They hold a confirmed seat."),
    Form("ask", "PEOPLE ask|asks for OFFERING", "They asked for a seat, and nobody has decided."),
    Form("wait", "PEOPLE is|are waitlisted on OFFERING [until MOMENT]", "They are on the list, which may expire."),
    Form("promote", "PEOPLE is|are promoted to OFFERING", "Their place on the list became a seat."),
    Form("give up", "PEOPLE cancel|cancels OFFERING", "They gave up their seat."),
    Form("excuse", "PEOPLE is|are excused from SESSION", "A person excused them from a session, or an offering."),
    Form("unexcuse", "PEOPLE is|are no longer excused from SESSION", "The excuse is withdrawn."),
    Form(
        "mark",
        "PEOPLE is|are marked present|partial|absent in SESSION [on CHANNEL] [by MARKER]",
        "A system (or `by sheet`, `by coordinator`) says whether they were there.",
    ),
    Form("sheet", "sheet of SESSION [on CHANNEL] : MARKS", "The list of a channel is in: `present Ana; absent Ben`."),
    Form("close", "roster of SESSION is closed [: MARKS]", "A person says that the roster is complete."),
    Form("reopen", "roster of SESSION is opened again", "It is not complete after all."),
    Form("link", "WHO is linked to PERSON", "A person says who a participant is."),
    Form("unlink", "WHO is unlinked", "That decision is taken back."),
    Form("guest", "WHO is marked as a guest", "A person says that it is no learner."),
    Form("stay", "WHO is|are in SESSION [on CHANNEL] until MOMENT", "They come now and leave then."),
    Form("join", "WHO join|joins SESSION [on CHANNEL]", "They come into the meeting."),
    Form("leave", "WHO leave|leaves SESSION [on CHANNEL]", "They leave the meeting."),
    Form("click", "PEOPLE click|clicks on the join button of SESSION", "A click shows no presence."),
    Form("start", "SESSION starts [on CHANNEL]", "The host opens the room."),
    Form("end", "SESSION ends [on CHANNEL]", "The host closes the room."),
    Form("void", "SOURCE voids ID", "The source takes back what it said under this id."),
    Form("live on", "SOURCE gives a sign of life", "The source is heard."),
    Form("import", "SOURCE begins to import", "It delivers its past; its silence shows nothing until it has finished."),
    Form("imported", "SOURCE has imported", "It has delivered its past."),
    Form("do", f"PEOPLE {VERBS} STEP [with PERCENT %]", "They did it; with a score."),
)
"""Every sentence that may follow a moment; of two that fit, the first counts."""

MODIFIERS = ("arrives MOMENT", "recorded MOMENT", "id WORD", "again", "terminated", "sequence NUMBER")
"""What may stand in parentheses behind a sentence."""

_MODIFIER = re.compile(r"\s*\((?P<said>[^()]*)\)\s*$")


@dataclass(frozen=True, slots=True)
class Aside:
    """What stands in parentheses behind a sentence."""

    arrives_at: int | None = None
    recorded_at: int | None = None
    id: str | None = None
    again: bool = False
    terminated: bool = False
    sequence: int | None = None


class Timeline:
    """Reads sentences in their order; what a sentence means may depend on those before it."""

    def __init__(self, cast: Cast, almanac: Almanac) -> None:
        """Read against these names and days."""
        self._cast = cast
        self._almanac = almanac
        self._said: dict[str, list[AnyHappening]] = {}
        self._stays: dict[tuple[str, str], str] = {}
        self._line = 0
        self._at = 0
        self._aside = Aside()
        self._count = 0

    def read(self, line: int, at: int, text: str) -> list[AnyHappening]:
        """Return what a sentence says has happened at a moment; raise Unreadable."""
        sentence, self._aside = self._asides(text)
        self._line, self._at, self._count = line, at, 0
        if self._aside.again:
            return self._again(sentence)
        form, said = _form_of(sentence)
        made = list(_MAKERS[form.name](self, said))
        self._said[sentence] = made
        return made

    # --- what stands in parentheses ----------------------------------------------------------------------------------

    def _asides(self, text: str) -> tuple[str, Aside]:
        aside = Aside()
        while (found := _MODIFIER.search(text)) is not None:
            aside = self._aside_of(found["said"].strip(), aside)
            text = text[: found.start()]
        return " ".join(text.split()), aside

    def _aside_of(self, said: str, aside: Aside) -> Aside:
        word, _, rest = said.partition(" ")
        match word:
            case "arrives":
                return replace(aside, arrives_at=self._almanac.later(rest))
            case "recorded":
                return replace(aside, recorded_at=self._almanac.later(rest))
            case "id" if rest.strip():
                return replace(aside, id=rest.strip())
            case "again" if not rest:
                return replace(aside, again=True)
            case "terminated" if not rest:
                return replace(aside, terminated=True)
            case "sequence" if rest.strip().isdigit():
                return replace(aside, sequence=int(rest))
        raise Unreadable(f"({said}) says nothing known", f"possible: {', '.join(f'({one})' for one in MODIFIERS)}")

    def _again(self, sentence: str) -> list[AnyHappening]:
        if sentence not in self._said:
            said = "; ".join(self._said)
            raise Unreadable(f"{sentence!r} was not said before", f"write the earlier sentence word by word: {said}")
        arrives_at = self._at if self._aside.arrives_at is None else self._aside.arrives_at
        return [replace(one, arrives_at=arrives_at) for one in self._said[sentence]]

    # --- the forms ---------------------------------------------------------------------------------------------------

    def told(self, source: str, at: int | None = None) -> dict[str, Any]:
        """Return what every happening of this sentence says."""
        self._count += 1
        at = self._at if at is None else at
        recorded_at = at if self._aside.recorded_at is None else self._aside.recorded_at
        arrives_at = max(at, recorded_at) if self._aside.arrives_at is None else self._aside.arrives_at
        if arrives_at < at:
            raise Unreadable("it arrives before it happens", "give (arrives ...) a later moment")
        own = self._aside.id or f"line {self._line:04}"
        name = own if self._count == 1 else f"{own} no. {self._count}"
        return {
            "line": self._line,
            "name": name,
            "source": source,
            "at": at,
            "recorded_at": recorded_at,
            "arrives_at": arrives_at,
        }

    def enroll(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody enrolls."""
        for who in self._people(said):
            zone = self._cast.people[who].zone
            yield h.Enrolled(**self.told(OFFICE), who=who, cohort=said.given("cohort"), zone=zone)

    def withdraw(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody withdraws."""
        for who in self._people(said):
            yield h.Withdrew(**self.told(OFFICE), who=who)

    def do(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody does something with a step."""
        people, step = said["people"], said["step"]
        verb = said.sentence[len(people) :].split(maxsplit=1)[0]
        claims = next(claims for word, claims in DOING.items() if verb in (word, word + "s", word + "es"))
        if self._aside.terminated:
            claims = ("attempted", "completed", *(claim for claim in claims if claim != "completed"))
        score = None if said.given("percent") is None else float(said["percent"]) / 100
        yield from self._did(people, step, claims=claims, score=score, provisional=self._aside.terminated)

    def reach(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody makes progress."""
        progress = float(said["percent"]) / 100
        yield from self._did(said["people"], said["step"], claims=("attempted",), progress=progress)

    def waive(self, said: Said) -> Iterator[AnyHappening]:
        """A step is waived."""
        step, _ = self._cast.step(said["step"])
        for who in self._people(said):
            yield h.Waived(**self.told(OFFICE), who=who, step=step.id, waived=" no longer " not in said.sentence)

    def sign_off(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody signs off."""
        step, number = self._cast.step(said["step"])
        for who in self._people(said):
            role = said["role"]
            yield h.SignedOff(**self.told(OFFICE), who=who, step=step.id, role=role, occurrence=number)

    def seat(self, said: Said) -> Iterator[AnyHappening]:
        """A seat changes."""
        run = self._cast.run(said["offering"])
        state, by = _seat_state(said)
        until = None if said.given("moment") is None else self._almanac.later(said["moment"])
        for who in self._people(said):
            told = self.told(OFFICE)
            yield h.Seated(
                **told, who=who, offering=run.name, state=cast(Any, state), canceled_by=by, list_expires_at=until
            )

    def excuse(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody is excused, or no longer."""
        run, session = self._cast.seat(said["session"])
        excused = " no longer " not in said.sentence
        for who in self._people(said):
            yield h.Excused(**self.told(OFFICE), who=who, offering=run.name, session=session, excused=excused)

    def mark(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody is marked."""
        run, session = self._cast.session(said["session"])
        found = re.search(r" marked (present|partial|absent) in ", said.sentence)
        by = said.given("marker") or "system"
        if by not in ("system", "sheet", "coordinator"):
            raise Unreadable(f"nobody marks by {by!r}", "possible: by system, by sheet, by coordinator")
        for who in self._people(said):
            yield h.Marked(
                **self.told(OFFICE),
                who=who,
                offering=run.name,
                session=session.session,
                mark=cast(Mark, "present" if found is None else found[1]),
                channel=said.given("channel"),
                by=cast(Literal["system", "sheet", "coordinator"], by),
            )

    def sheet(self, said: Said) -> Iterator[AnyHappening]:
        """The list of a channel is in."""
        run, session = self._cast.session(said["session"])
        channel = self._cast.channel(session, said.given("channel"), sheet=True)
        yield from self._marks(run, session, said.given("marks"), channel=channel.name, by="sheet")
        yield h.SheetIn(**self.told(OFFICE), offering=run.name, session=session.session, channel=channel.name)

    def close(self, said: Said) -> Iterator[AnyHappening]:
        """A person closes the roster."""
        run, session = self._cast.session(said["session"])
        yield from self._marks(run, session, said.given("marks"), channel=None, by="coordinator")
        yield h.RosterSet(**self.told(OFFICE), offering=run.name, session=session.session, closed=True)

    def reopen(self, said: Said) -> Iterator[AnyHappening]:
        """A person opens the roster again."""
        run, session = self._cast.session(said["session"])
        yield h.RosterSet(**self.told(OFFICE), offering=run.name, session=session.session, closed=False)

    def decide(self, said: Said) -> Iterator[AnyHappening]:
        """A person decides who somebody is."""
        who = self._cast.who(said["who"])
        learner = None if said.given("person") is None else self._cast.person(said["person"])
        decision: Literal["linked", "guest", "undone"] = "linked" if learner else "undone"
        if said.sentence.endswith(" as a guest"):
            decision = "guest"
        yield h.Decided(**self.told(OFFICE), who=who, decision=decision, learner=learner)

    def stay(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody comes and leaves."""
        until = self._almanac.later(said["moment"])
        if until <= self._at:
            raise Unreadable("they leave before they come", "give `until` a later moment")
        for who in self._participants(said):
            yield self._moved(who, said, came=True)
            yield self._moved(who, said, came=False, at=until)

    def move_about(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody comes or leaves."""
        came = re.search(r" joins? ", said.sentence) is not None
        for who in self._participants(said):
            yield self._moved(who, said, came=came)

    def click(self, said: Said) -> Iterator[AnyHappening]:
        """Somebody clicks on a join button."""
        _, session = self._cast.session(said["session"])
        meeting = self._cast.channel(session, None, sheet=False).meeting or ""
        source = next((step.evidence.source for step in self._cast.program.steps if step.evidence), OFFICE)
        for who in self._people(said):
            yield h.Clicked(**self.told(source), who=who, meeting=meeting)

    def opened(self, said: Said) -> Iterator[AnyHappening]:
        """The host opens or closes the room."""
        channel = self._meeting(said)
        began = re.search(r" starts( on |$)", said.sentence) is not None
        yield h.Opened(**self.told(channel.source), meeting=channel.meeting or "", began=began)

    def cancel(self, said: Said) -> Iterator[AnyHappening]:
        """The provider cancels a session, or an offering."""
        run, only = self._cast.seat(said["session"])
        yield self._replanned(run, [replace(s, canceled=s.canceled or only in (None, s.session)) for s in run.sessions])

    def move(self, said: Said) -> Iterator[AnyHappening]:
        """The provider moves a session."""
        run, session = self._cast.session(said["session"])
        start_at = self._almanac.later(said["moment"])
        moved = replace(session, start_at=start_at, end_at=start_at + session.end_at - session.start_at)
        yield self._replanned(run, [moved if s.session == session.session else s for s in run.sessions])

    def void(self, said: Said) -> Iterator[AnyHappening]:
        """A source takes something back."""
        yield h.Voided(**self.told(self._cast.sender(said["source"])), target=said["id"])

    def live_on(self, said: Said) -> Iterator[AnyHappening]:
        """A source is heard."""
        yield h.Heard(**self.told(self._cast.sender(said["source"])))

    def importing(self, said: Said) -> Iterator[AnyHappening]:
        """A source begins to import, or has finished."""
        source = self._cast.sender(said["source"])
        yield h.Importing(**self.told(source), began=said.sentence.endswith(" to import"))

    # --- what several sentences share --------------------------------------------------------------------------------

    def _people(self, said: Said) -> list[str]:
        return self._cast.everybody(said["people"])

    def _participants(self, said: Said) -> list[str]:
        text = said["who"]
        return [self._cast.who(text)] if text.startswith("guest ") else self._cast.everybody(text)

    def _did(self, people: str, named: str, *, claims: tuple[Claim, ...], **result: Any) -> Iterator[AnyHappening]:
        step, number = self._cast.step(named)
        if step.evidence is None:
            how = "it is attended" if step.live is not None else "somebody signs it off"
            raise Unreadable(f"nobody reports {step.id!r} as an activity", how)
        every = step.activities
        if number is None and len(every) > 1:
            raise Unreadable(f"{step.id!r} has occurrences", f"name one, e.g. {step.id}.1")
        activity = every[0 if number is None or len(every) == 1 else number - 1]
        for who in self._cast.everybody(people):
            yield h.Did(**self.told(step.evidence.source), who=who, activity=activity, claims=claims, **result)

    def _marks(
        self, run: Run, session: PlannedSession, said: str | None, *, channel: str | None, by: Any
    ) -> Iterator[h.Marked]:
        for part in [] if said is None or said.strip() == "nobody" else said.split(";"):
            mark, _, people = part.strip().partition(" ")
            if mark not in ("present", "partial", "absent"):
                raise Unreadable(f"{part.strip()!r} marks nobody", "write `present Ana, Ben; absent Cid`, or `nobody`")
            for who in self._cast.everybody(people):
                yield h.Marked(
                    **self.told(OFFICE),
                    who=who,
                    offering=run.name,
                    session=session.session,
                    mark=cast(Mark, mark),
                    channel=channel,
                    by=by,
                )

    def _meeting(self, said: Said) -> Channel:
        _, session = self._cast.session(said["session"])
        return self._cast.channel(session, said.given("channel"), sheet=False)

    def _moved(self, who: str, said: Said, *, came: bool, at: int | None = None) -> h.Moved:
        channel = self._meeting(said)
        place = (who, channel.meeting or "")
        told = self.told(channel.source, at)
        if came or place not in self._stays:
            self._stays[place] = f"{who} {told['name']}"
        stay = self._stays[place] if came else self._stays.pop(place)
        return h.Moved(**told, who=who, meeting=channel.meeting or "", came=came, stay=stay)

    def _replanned(self, run: Run, sessions: list[PlannedSession]) -> h.Scheduled:
        sequence = run.sequence + 1 if self._aside.sequence is None else self._aside.sequence
        if sequence >= run.sequence:
            run.sessions, run.sequence = tuple(sessions), sequence
        return h.Scheduled(
            **self.told(OFFICE), offering=run.name, course=run.course, sequence=sequence, sessions=tuple(sessions)
        )


def _seat_state(said: Said) -> tuple[str, Literal["learner", "provider"] | None]:
    if said.sentence.startswith("provider cancels"):
        return "canceled", "provider"
    doing = said.sentence[len(said["people"]) :]
    if doing.startswith((" cancel ", " cancels ")):
        return "canceled", "learner"
    if doing.startswith((" ask ", " asks ")):
        return "requested", None
    return ("waitlisted", None) if " waitlisted " in doing else ("booked", None)


def _form_of(sentence: str) -> tuple[Form, Said]:
    for form in FORMS:
        blanks = form.match(sentence)
        if blanks is not None:
            return form, Said(sentence, blanks)
    said = set(sentence.split())
    likely = sorted(FORMS, key=lambda form: len(form.words & said), reverse=True)
    close = [form for form in likely[:3] if form.words & said]
    possible = " or ".join(f"`{form.pattern}`" for form in close) or "see docs/stories.md for every sentence"
    raise Unreadable(f"{sentence!r} is no sentence of a story", f"did you mean {possible}?" if close else possible)


Maker = Callable[[Timeline, Said], Iterator[AnyHappening]]

_MAKERS: dict[str, Maker] = {
    "enroll": Timeline.enroll,
    "withdraw": Timeline.withdraw,
    "reach": Timeline.reach,
    "waive": Timeline.waive,
    "unwaive": Timeline.waive,
    "sign off": Timeline.sign_off,
    **dict.fromkeys(("take the seat", "book", "ask", "wait", "promote", "give up"), Timeline.seat),
    "cancel": Timeline.cancel,
    "move": Timeline.move,
    **dict.fromkeys(("excuse", "unexcuse"), Timeline.excuse),
    "mark": Timeline.mark,
    "sheet": Timeline.sheet,
    "close": Timeline.close,
    "reopen": Timeline.reopen,
    **dict.fromkeys(("link", "unlink", "guest"), Timeline.decide),
    "stay": Timeline.stay,
    **dict.fromkeys(("join", "leave"), Timeline.move_about),
    "click": Timeline.click,
    **dict.fromkeys(("start", "end"), Timeline.opened),
    "void": Timeline.void,
    "live on": Timeline.live_on,
    **dict.fromkeys(("import", "imported"), Timeline.importing),
    "do": Timeline.do,
}
