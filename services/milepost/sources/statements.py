"""Statements of any sender that keeps to xAPI: what they say by the specification's own words and those of cmi5.

Only what means the same with every sender is read. A `registration` is not read at all: it is a login with one sender,
a room with another, a course with a third. Presence is read only in the words of the virtual-classroom profile, where
the sender says that the meeting itself speaks; `attended` never, for it means partly with one sender what with another
means absent.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from milepost.sources import verbs
from milepost.sources.named_ids import named_id
from milepost.sources.translation import (
    Person,
    Receipt,
    Said,
    Translation,
    Unread,
    about_meeting,
    about_people,
    fact_id,
    inside,
    moment_of,
    nothing,
    shortened,
    stamps,
    text_in,
)
from milepost.sources.xapi import actor_identifiers, moment
from milepost.sources.xapi.statement import VOIDED
from milepost_schemas.facts import ActivityReported, MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from milepost_schemas.words import Claim

Statement = Mapping[str, Any]

PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
VIRTUAL_CLASSROOM = "https://w3id.org/xapi/virtual-classroom"
SESSION_ID = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"

PRESENCE: Mapping[str, type[ParticipantJoined | ParticipantLeft]] = {
    **dict.fromkeys(verbs.JOINED, ParticipantJoined),
    **dict.fromkeys(verbs.LEFT, ParticipantLeft),
}


def translate(statement: Statement, receipt: Receipt) -> Translation:
    """Return what a finished statement (sound, with its id) says."""
    verb = verb_of(statement)
    if voids(statement):
        return Translation()
    activity = activity_of(statement)
    if activity is None:
        return nothing("not_an_activity", verb)
    if VIRTUAL_CLASSROOM in categories_of(statement):
        return _from_virtual_classroom(statement, activity, receipt)
    if verb in verbs.JOINED or verb in verbs.LEFT:
        return nothing("click", verb)
    if verb in verbs.ATTENDED:
        return nothing("attendance_without_session", verb)
    return reported(statement, activity, receipt, claims=claimed(statement), score=score_of(statement))


def reported(
    statement: Statement,
    activity: str,
    receipt: Receipt,
    *,
    claims: tuple[Claim, ...] | Literal["contradiction"] | None,
    score: float | None = None,
    attempt: str | None = None,
) -> Translation:
    """Return that each person whom the actor stands for did this with the activity."""
    verb = verb_of(statement)
    if claims is None:
        return nothing("unknown_verb", verb)
    if claims == "contradiction":
        return nothing("contradiction", verb)
    people = people_of(statement)
    at = moment_of(moment(text_in(statement, "timestamp")), receipt)
    told = stamps(receipt, at) | {
        "activity": activity,
        "claims": claims,
        "score": score,
        "progress": progress_of(statement),
        "attempt": attempt,
        "provisional": verb in verbs.WRAPPERS,
    }
    said = [
        Said(person, ActivityReported(**told, fact_id=statement_fact_id(receipt, statement, index)))
        for index, person in enumerate(people)
    ]
    return about_people(said, verb, unread=() if people else (Unread("nobody", shortened(verb)),))


def statement_fact_id(receipt: Receipt, statement: Statement, index: int = 0) -> str:
    """Return the id of the fact that a statement gives about the person of that index (a group has several)."""
    return fact_id(receipt, "statement", text_in(statement, "id").lower(), index)


def resent_as(fingerprint: str, tenant: str, source: str) -> str:
    """Return the id of a statement that came without one: the same content of a source is the same statement."""
    return named_id("statement", tenant, source, fingerprint)


# --- what a statement says -------------------------------------------------------------------------------------------


def verb_of(statement: Statement) -> str:
    """Return the id of the verb."""
    return text_in(statement, "verb", "id")


def activity_of(statement: Statement) -> str | None:
    """Return the id of the activity that the statement is about; None where it is about something else."""
    about = statement.get("object")
    if inside(about, "objectType") not in (None, "Activity"):
        return None
    return text_in(about, "id") or None


def voids(statement: Statement) -> bool:
    """Say whether the statement withdraws another; the statement store pairs these."""
    return verb_of(statement) == VOIDED


def people_of(statement: Statement) -> tuple[Person, ...]:
    """Return the people whom the actor stands for: one, or the members of a group, each once."""
    actor = statement.get("actor")
    members = inside(actor, "member") if inside(actor, "objectType") == "Group" else [actor]
    people: dict[str, Person] = {}
    for agent in members if isinstance(members, list) else ():
        for identifier in actor_identifiers(agent) if _is_agent(agent) else ():
            if identifier not in people:
                mail = text_in(agent, "mbox").removeprefix("mailto:")
                people[identifier] = Person(identifier, name=text_in(agent, "name"), mail=mail)
    return tuple(people.values())


def _is_agent(agent: object) -> bool:
    if not isinstance(agent, dict) or agent.get("objectType") == "Group":
        return False
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if not isinstance(agent.get(name, ""), str):
            return False
    if "account" not in agent:
        return True
    account = agent["account"]
    return isinstance(inside(account, "homePage"), str) and isinstance(inside(account, "name"), str)


def claimed(statement: Statement) -> tuple[Claim, ...] | Literal["contradiction"] | None:
    """Return all that verb and result claim together; None where the verb is not known."""
    verb = verb_of(statement)
    claims = ("attempted",) if verb in verbs.WRAPPERS else verbs.CLAIMS.get(verb)
    if claims is None:
        return None
    if "answered" in claims:  # a right answer is no pass of the activity
        return claims
    result = statement.get("result")
    return with_result(claims, completion=inside(result, "completion"), success=inside(result, "success"))


def with_result(
    claims: tuple[Claim, ...], *, completion: object, success: object
) -> tuple[Claim, ...] | Literal["contradiction"]:
    """Return the claims with what completion and success add to them, or that the two cannot both be true."""
    if ("passed" in claims and success is False) or ("failed" in claims and success is True):
        return "contradiction"
    if completion is False:
        claims = tuple(claim for claim in claims if claim != "completed") or ("attempted",)
    added: list[Claim] = []
    if completion is True:
        added.append("completed")
    if success is True:
        added.append("passed")
    if success is False:
        added.append("failed")
    return tuple(dict.fromkeys((*claims, *added)))


def score_of(statement: Statement) -> float | None:
    """Return the scaled score; where only points are given, their part of the highest possible."""
    score = inside(statement, "result", "score")
    scaled = number(inside(score, "scaled"))
    if scaled is not None:
        return scaled if -1 <= scaled <= 1 else None
    raw, most = number(inside(score, "raw")), number(inside(score, "max"))
    if raw is None or most is None or most <= 0 or abs(raw) > most:
        return None
    return raw / most


def progress_of(statement: Statement) -> float | None:
    """Return the progress as a share; senders give a percentage."""
    percent = number(inside(statement, "result", "extensions", PROGRESS))
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


def number(value: object) -> float | None:
    """Return a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if abs(found) < float("inf") else None


def context_activities(statement: Statement, kind: str) -> Iterable[Any]:
    """Return the context activities of a kind: parent, grouping, category or other."""
    found = inside(statement, "context", "contextActivities", kind)
    return found if isinstance(found, list) else [found]


def categories_of(statement: Statement) -> frozenset[str]:
    """Return the ids of the profiles that the statement says it follows."""
    return frozenset(text_in(activity, "id") for activity in context_activities(statement, "category"))


# --- virtual classrooms ----------------------------------------------------------------------------------------------


def _from_virtual_classroom(statement: Statement, activity: str, receipt: Receipt) -> Translation:
    verb = verb_of(statement)
    opening = text_in(statement, "context", "extensions", SESSION_ID) or None
    at = moment_of(moment(text_in(statement, "timestamp")), receipt)
    told: dict[str, Any] = {**stamps(receipt, at), "meeting": activity, "opening": opening}
    if verb in verbs.BEGAN:
        return about_meeting(MeetingStarted(**told, fact_id=statement_fact_id(receipt, statement)), verb)
    if verb in verbs.ADJOURNED:
        return about_meeting(MeetingEnded(**told, fact_id=statement_fact_id(receipt, statement)), verb)
    kind = PRESENCE.get(verb)
    if kind is None:
        return nothing("attendance_without_session" if verb in verbs.ATTENDED else "unknown_verb", verb)
    said = [
        Said(person, kind(**told, fact_id=statement_fact_id(receipt, statement, index)))
        for index, person in enumerate(_attendees(statement, receipt, opening or activity))
    ]
    return about_people(said, verb, unread=() if said else (Unread("nobody", shortened(verb)),))


def _attendees(statement: Statement, receipt: Receipt, opening: str) -> Iterator[Person]:
    """Yield who it is; an account named as people are named is a guest of this one opening, and nobody's account."""
    name = text_in(statement, "actor", "account", "name")
    display = text_in(statement, "actor", "name")
    if name and (" " in name or name == display):
        yield Person(f"guest:{receipt.source}|{opening}|{name}", name=name)
        return
    yield from people_of(statement)
