"""Gaps as rules state them: a breach, what shows it, what would close it; and how a gap gets its id."""

from collections.abc import Mapping
from hashlib import blake2b

from msgspec import Struct

from milepost_schemas.projections import Value
from milepost_schemas.words import Severity

LOUDER: dict[Severity, Severity] = {"info": "warning", "warning": "high", "high": "critical", "critical": "critical"}
"""One level up, as a compliance program wants it."""


class Ended(Struct, frozen=True):
    """When a breach ended, and the fact that did it, where it was one."""

    at: int
    by: str | None


class Plan(Struct, frozen=True):
    """What will close the gap if it comes true: a confirmed seat."""

    by: str | None


class Place(Struct, frozen=True):
    """What a gap is about, as far as it has one: a step, a seat's offering and session, an identifier."""

    step: str | None = None
    offering: str | None = None
    session: str | None = None
    identifier: str | None = None

    @property
    def name(self) -> str:
        """The place as one word, for the gap's id."""
        return "/".join(part for part in (self.step, self.offering, self.session, self.identifier) if part is not None)


class Breach(Struct, frozen=True, kw_only=True):
    """An expectation that was not met. `since` is the time of the breach, not of its detection.

    One that has ended is stated with its end; what was never true is not stated at all.
    """

    place: Place
    since: int
    severity: Severity
    shown_by: tuple[str, ...]
    ended: Ended | None = None
    plan: Plan | None = None
    occurrences: tuple[str, ...] = ()
    values: Mapping[str, Value] = {}


class Pending(Struct, frozen=True):
    """Everything that a breach needs is true, except that the rule's patience has not run out."""

    place: Place


Finding = Breach | Pending


def gap_id(tenant: str, subject: str, gap: str, place: Place) -> str:
    """Return the id of a gap: made from what it is about, never from a computed time, so a replay finds it again."""
    text = "\x1f".join((tenant, subject, gap, place.name))
    return blake2b(text.encode(), digest_size=12).hexdigest()
