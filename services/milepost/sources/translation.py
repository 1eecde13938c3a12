"""What an adapter makes of one message: facts, who they are about, and what it did not read and why.

Personal data stands beside a fact, never in it: a fact says what happened, a `Person` says who a source means. Adapters
are pure and total: any JSON of the right outline gives a translation, and nothing is raised.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Literal, cast

from pydantic import ConfigDict, TypeAdapter

from milepost.sources.named_ids import named_id
from milepost_schemas.facts import ActivityReported, Fact
from milepost_schemas.instants import EARLIEST, LATEST, to_instant

Reason = Literal[
    "unknown_verb",
    "unknown_message",
    "not_an_activity",
    "nobody",
    "contradiction",
    "click",
    "one_part_of_it",
    "not_about_a_learner",
    "attendance_without_session",
    "host",
    "room_device",
    "waiting_room",
    "schedule_elsewhere",
    "incomplete",
    "out_of_bounds",
]

SENTENCES: Mapping[Reason, str] = {
    "unknown_verb": "the verb says nothing that a step could be done by; the statement is kept",
    "unknown_message": "no message of this name is read",
    "not_an_activity": "it is not about an activity",
    "nobody": "the actor is a placeholder, a display name or a group without members, so it is about nobody",
    "contradiction": "the verb and the result contradict each other, so neither is believed",
    "click": "a click in the LMS shows no presence; the virtual classroom itself says who was there",
    "one_part_of_it": "it is about one question or review, not about the whole activity",
    "not_about_a_learner": "it is about how the activity is run, not about what a learner did",
    "attendance_without_session": "it says attended without naming the session; what that means differs by sender",
    "host": "the host of a meeting is nobody's attendance",
    "room_device": "this participant is declared as a room device, which is nobody's attendance",
    "waiting_room": "waiting for admission or for the host is no presence",
    "schedule_elsewhere": "schedules and registrations are taken from the training office, not from the meeting",
    "incomplete": "a part that is needed is missing or has the wrong type",
    "out_of_bounds": "a part is too long, or has characters that cannot be kept",
}
"""What a person reads where something gave no fact."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Whose message it is, and when it came (an instant)."""

    tenant: str
    source: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who a source means: one normalized identifier, and what people call them. All of it is personal data."""

    identifier: str
    name: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact about a person."""

    person: Person
    fact: Any


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that gave no fact: why, and what kind of thing it was (a verb, a message's name; never a person)."""

    reason: Reason
    what: str

    def __str__(self) -> str:
        """Return it as a sentence for people."""
        return f"{self.what}: {SENTENCES[self.reason]}"


@dataclass(frozen=True, slots=True)
class Translation:
    """All that one message says."""

    said: tuple[Said, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Facts about an offering, a meeting or a source."""

    unread: tuple[Unread, ...] = ()


def nothing(reason: Reason, what: str) -> Translation:
    """Return a translation without facts, for this reason."""
    return Translation(unread=(Unread(reason, shortened(what)),))


def about_people(said: Iterable[Said], what: str, *, unread: Iterable[Unread] = ()) -> Translation:
    """Return the facts about people that keep to the contract; any other is unread."""
    sound: list[Said] = []
    left_out = list(unread)
    for each in said:
        if keeps_to_contract(each.fact):
            sound.append(each)
        else:
            left_out.append(Unread("out_of_bounds", shortened(what)))
    return Translation(said=tuple(sound), unread=tuple(left_out))


def about_meeting(fact: Fact, what: str) -> Translation:
    """Return a fact about a meeting, or nothing where it does not keep to the contract."""
    return Translation(facts=(fact,)) if keeps_to_contract(fact) else nothing("out_of_bounds", what)


def fact_id(receipt: Receipt, *parts: object) -> str:
    """Return the id of the fact that these parts name at a source: the same parts, the same fact."""
    return named_id("fact", receipt.tenant, receipt.source, *map(str, parts))


def moment_of(found: datetime | None, receipt: Receipt) -> int:
    """Return the instant of a moment, never later than the receipt; where there is none, the receipt's."""
    if found is None:
        return receipt.received_at
    return max(EARLIEST, min(to_instant(found), receipt.received_at, LATEST))


def stamps(receipt: Receipt, occurred_at: int, recorded_at: int | None = None) -> dict[str, Any]:
    """Return the part of a fact that says whose it is and when it happened, was written and came."""
    return {
        "tenant": receipt.tenant,
        "source": receipt.source,
        "occurred_at": occurred_at,
        "recorded_at": occurred_at if recorded_at is None else min(recorded_at, receipt.received_at),
        "received_at": receipt.received_at,
    }


def shortened(text: object, longest: int = 200) -> str:
    """Return a printable text of bounded length."""
    shown = str(text)[:longest]
    if not shown.isprintable():
        shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)
    return shown.strip() or "(no name)"


def inside(value: object, *path: str) -> Any:
    """Return what lies at a path of nested objects, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_in(value: object, *path: str) -> str:
    """Return the stripped text at a path of nested objects; empty where there is none."""
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value.strip() if isinstance(value, str) else ""


@cache
def _contract_of(kind: Hashable) -> Callable[[object], bool]:
    """Return what holds a fact of this kind against its contract; in a tuple, as a setting for the fact itself."""
    fact: Any = kind
    return TypeAdapter(tuple[fact], config=ConfigDict(revalidate_instances="always")).validator.isinstance_python


def keeps_to_contract(fact: Fact) -> bool:
    """Say whether a reader of the contract would accept this fact.

    People do the same few things all day: of an activity it is remembered, without its id and its moments.
    """
    if type(fact) is ActivityReported and _is_plainly_stamped(fact) and len(fact.activity) <= LONGEST_REMEMBERED:
        return _has_sound_content(_content(fact))
    return _holds(fact)


LONGEST_REMEMBERED = 300


def _holds(fact: Fact) -> bool:
    return _contract_of(cast(Hashable, type(fact)))((fact,))


def _is_plainly_stamped(fact: ActivityReported) -> bool:
    """Say whether there is nothing at all against the id and the moments; where there may be, the contract is asked."""
    return (
        0 < len(fact.fact_id) <= LONGEST_REMEMBERED
        and fact.fact_id.isprintable()
        and EARLIEST <= fact.occurred_at <= LATEST
        and EARLIEST <= fact.recorded_at <= LATEST
        and EARLIEST <= fact.received_at <= LATEST
        and len(fact.attempt or "") <= LONGEST_REMEMBERED
    )


_STAMPS: Mapping[str, Any] = {"fact_id": "stands for any", "occurred_at": 0, "recorded_at": 0, "received_at": 0}
_CONTENT = tuple(field.name for field in fields(ActivityReported) if field.name not in _STAMPS)
_content: Callable[[ActivityReported], tuple[Any, ...]] = attrgetter(*_CONTENT)


@lru_cache(maxsize=4096)
def _has_sound_content(content: tuple[Any, ...]) -> bool:
    told = dict(zip(_CONTENT, content, strict=True))
    return _holds(ActivityReported(**told, **_STAMPS))
