"""From happenings to the requests that real senders make of them: statements, signed webhooks and facts."""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from milepost.sources import verbs, zoom
from milepost.stories import happenings as h
from milepost.stories.cast import Actor, Cast
from milepost.stories.happenings import AnyHappening
from milepost_schemas.instants import to_text
from milepost_schemas.words import Claim

ACCOUNT = "story"
SECRET = "the secret of a story"  # noqa: S105 - it signs webhooks between a test and itself
VOIDED = verbs.ADL + "voided"
MEETING_TYPE = "http://adlnet.gov/expapi/activities/meeting"

SAYING: dict[Claim, str] = {
    "opened": verbs.TINCAN + "viewed",
    "attempted": verbs.ADL + "attempted",
    "answered": verbs.ADL + "answered",
    "completed": verbs.ADL + "completed",
    "passed": verbs.ADL + "passed",
    "failed": verbs.ADL + "failed",
    "attested": verbs.STREAMS + "confirm",
    "uncompleted": verbs.UNCOMPLETED,
}


class Unsayable(ValueError):
    """No real sender says this over HTTP; the message says what it is."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of a source: its path and its body."""

    source: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Senders:
    """Makes the bodies; a happening has one body, however often it is sent."""

    cast: Cast
    program: str

    def request(self, one: AnyHappening) -> Sent | None:
        """Return the request that says it; None for what a person does on a page."""
        match one:
            case h.Did() | h.Clicked() | h.Voided():
                return Sent(one.source, "/xapi/statements", _json(self._statement(one)))
            case h.Moved() | h.Opened():
                return self._webhook(one)
            case h.Heard():
                return self._sign_of_life(one)
            case h.Decided() | h.RosterSet() | h.Marked(by="coordinator"):
                return None
            case _:
                return Sent(one.source, "/v1/facts", _json(self._fact(one)))

    def person(self, who: str) -> Actor:
        """Return the learner of that name."""
        return self.cast.people[who]

    # --- statements --------------------------------------------------------------------------------------------------

    def _statement(self, one: h.Did | h.Clicked | h.Voided) -> dict[str, Any]:
        if self.cast.senders[one.source].kind not in ("moodle", "xapi"):
            raise Unsayable(f"{one.source} takes back {one.name} (line {one.line}): only statements can be voided")
        statement: dict[str, Any] = {"id": statement_id(one.source, one.name), "timestamp": to_text(one.at)}
        match one:
            case h.Voided():
                system = {"homePage": "https://lms.example.com", "name": "system"}
                target = {"objectType": "StatementRef", "id": statement_id(one.source, one.target)}
                said = {"actor": {"account": system}, "verb": {"id": VOIDED}, "object": target}
            case h.Clicked():
                place = {"id": f"https://lms.example.com/mod/zoom/view.php?id={one.meeting}"}
                meeting = {**place, "definition": {"type": MEETING_TYPE}}
                said = {"actor": self._agent(one.who), "verb": {"id": verbs.STREAMS_SHORT + "join"}, "object": meeting}
            case _:
                said = {"actor": self._agent(one.who), "verb": {"id": _verb(one)}, "object": {"id": one.activity}}
                said |= _result(one)
        return {**statement, **said}

    def _agent(self, who: str) -> dict[str, str]:
        return {"mbox": f"mailto:{self.person(who).mail}", "name": who}

    def _sign_of_life(self, one: h.Heard) -> Sent:
        if self.cast.senders[one.source].kind not in ("moodle", "xapi"):
            raise Unsayable(f"{one.source} gives a sign of life: only a sender of statements can say nothing")
        return Sent(one.source, "/xapi/statements", b"[]")

    # --- webhooks ----------------------------------------------------------------------------------------------------

    def _webhook(self, one: h.Moved | h.Opened) -> Sent:
        if self.cast.senders[one.source].kind != "zoom":
            raise Unsayable(f"{one.source} reports who is in a meeting (line {one.line}): only zoom does so here")
        meeting: dict[str, Any] = {"id": one.meeting, "uuid": opening_of(one.meeting), "host_id": "host"}
        event = "meeting.started" if isinstance(one, h.Opened) and one.began else "meeting.ended"
        if isinstance(one, h.Moved):
            event = f"meeting.participant_{'joined' if one.came else 'left'}"
            meeting["participant"] = self._participant(one)
        elif not one.began:
            meeting["end_time"] = to_text(one.at)
        payload = {"account_id": ACCOUNT, "object": meeting}
        body = _json({"event": event, "event_ts": max(one.at, one.recorded_at), "payload": payload})
        return Sent(one.source, f"/webhooks/zoom/{one.source}", body)

    def _participant(self, one: h.Moved) -> dict[str, str]:
        learner = self.cast.people.get(one.who)
        time = "join_time" if one.came else "leave_time"
        return {
            "user_id": guest_id(one.who),
            "user_name": one.who.removeprefix("guest ").strip('"'),
            "participant_uuid": _short(one.stay),
            "email": "" if learner is None else learner.mail,
            time: to_text(one.at),
        }

    # --- facts -------------------------------------------------------------------------------------------------------

    def _fact(self, one: AnyHappening) -> dict[str, Any]:
        said = self._about(one)
        if isinstance(one, h.Personal):
            said["person"] = {"mail": self.person(one.who).mail, "name": one.who}
        times = {"occurred_at": to_text(one.at), "recorded_at": to_text(one.recorded_at)}
        return {"id": one.name, **times, **{key: value for key, value in said.items() if value is not None}}

    def _about(self, one: AnyHappening) -> dict[str, Any]:
        match one:
            case h.Enrolled():
                return {"type": "learner_enrolled", "program": self.program, "cohort": one.cohort, "zone": one.zone}
            case h.Withdrew():
                return {"type": "learner_withdrawn", "program": self.program}
            case h.SignedOff():
                place = {"program": self.program, "step": one.step}
                return {"type": "observation_signed_off", **place, "role": one.role, "occurrence": one.occurrence}
            case h.Waived():
                return {"type": "step_waived", "program": self.program, "step": one.step, "waived": one.waived}
            case h.Seated():
                expires = None if one.list_expires_at is None else to_text(one.list_expires_at)
                seat = {"offering": one.offering, "state": one.state, "canceled_by": one.canceled_by}
                return {"type": "seat_changed", **seat, "list_expires_at": expires}
            case h.Excused():
                return {
                    "type": "seat_excused",
                    "offering": one.offering,
                    "session": one.session,
                    "excused": one.excused,
                }
            case h.Marked():
                return {
                    "type": "attendance_marked",
                    "offering": one.offering,
                    "session": one.session,
                    "channel": one.channel,
                    "mark": one.mark,
                    "by": one.by,
                }
            case h.SheetIn():
                place = {"offering": one.offering, "session": one.session, "channel": one.channel}
                return {"type": "sheet_submitted", **place}
            case h.Scheduled():
                return _schedule(one)
            case h.Importing():
                return {"type": "import_began" if one.began else "import_finished"}
        raise Unsayable(f"{type(one).__name__} of {one.source} (line {one.line})")


def statement_id(source: str, name: str) -> str:
    """Return the id of the statement that a source makes of a happening."""
    return str(uuid5(NAMESPACE_URL, f"story:{source}:{name}"))


def opening_of(meeting: str) -> str:
    """Return what names the one opening of a meeting's room."""
    return f"{_short(meeting)}=="


def guest_id(who: str) -> str:
    """Return the number that Zoom gives somebody while they are there."""
    return str(int(_short(who), 16) % 10**8)


def guest_identifier(who: str, meeting: str) -> str:
    """Return the identifier by which a guest of a meeting is known."""
    return f"zoom:{ACCOUNT}|guest|{opening_of(meeting)}|{guest_id(who)}"


def signed(body: bytes, at: int) -> dict[str, str]:
    """Return the headers of a webhook that is sent at a moment."""
    timestamp = str(at // 1000)
    return {"x-zm-request-timestamp": timestamp, "x-zm-signature": zoom.signature(SECRET, timestamp, body)}


def _verb(one: h.Did) -> str:
    if one.provisional:
        return verbs.ADL + "terminated"
    first = one.claims[0]
    return verbs.ADL + "progressed" if one.progress is not None else SAYING[first]


def _result(one: h.Did) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if one.provisional:
        result["completion"] = "completed" in one.claims
        if "passed" in one.claims or "failed" in one.claims:
            result["success"] = "passed" in one.claims
    if one.score is not None:
        result["score"] = {"raw": round(100 * one.score, 4), "min": 0, "max": 100, "scaled": one.score}
    if one.progress is not None:
        result["extensions"] = {"https://w3id.org/xapi/cmi5/result/extensions/progress": round(100 * one.progress)}
    return {"result": result} if result else {}


def _schedule(one: h.Scheduled) -> dict[str, Any]:
    return {
        "type": "offering_scheduled",
        "offering": one.offering,
        "course": one.course,
        "sequence": one.sequence,
        "sessions": [
            {
                "session": session.session,
                "start_at": to_text(session.start_at),
                "end_at": to_text(session.end_at),
                "part": session.part,
                "canceled": session.canceled,
                **({} if session.zone is None else {"zone": session.zone}),
                "channels": [
                    {"name": channel.name, "source": channel.source}
                    | ({} if channel.meeting is None else {"meeting": channel.meeting})
                    for channel in session.channels
                ],
            }
            for session in one.sessions
        ],
    }


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
