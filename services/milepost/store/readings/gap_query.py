"""Which gaps somebody asks for, and the conditions that find them."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select

from milepost.store import inbox
from milepost.store.readings.people import learners_named
from milepost.store.searching import contains
from milepost.store.tables import shown
from milepost.store.tables.used import handlings
from milepost_schemas.instants import Instant

gaps = shown.gaps

View = Literal["open", "mitigated", "snoozed", "closed", "retracted", "historical"]
VIEWS: tuple[View, ...] = ("open", "mitigated", "snoozed", "closed", "retracted", "historical")
STANDING: tuple[View, ...] = ("open", "mitigated", "snoozed", "historical")

COLUMNS = ("program", "cohort", "gap", "severity")
"""What gaps are filtered by, beside words and what people do about them."""

NOBODY = "nobody"
"""Who looks after a gap that is given to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapQuery:
    """Which gaps are asked for, as they stand `now`.

    `assigned` names who looks after them, or `nobody`. `keep` names gaps that stay in the answer whatever has become of
    them.
    """

    now: Instant = 0

    view: View = "open"
    program: str = ""
    cohort: str = ""
    gap: str = ""
    severity: str = ""
    assigned: str = ""
    text: str = ""
    page: int = 1
    size: int = 50
    keep: tuple[str, ...] = ()


def is_open() -> ColumnElement[bool]:
    """Return the condition that a gap is open, and not from before anybody watched."""
    return and_(gaps.c.stands.is_(True), gaps.c.state == "open", gaps.c.historical.is_(False))


def is_in_view(view: View) -> ColumnElement[bool]:
    """Return the condition that a gap is listed in a view, as far as it does not sleep."""
    match view:
        case "open":
            return is_open()
        case "mitigated":
            return and_(gaps.c.stands.is_(True), gaps.c.state == "mitigated", gaps.c.historical.is_(False))
        case "snoozed":
            return and_(gaps.c.stands.is_(True), gaps.c.historical.is_(False))
        case "closed":
            return and_(gaps.c.stands.is_(False), gaps.c.state.in_(("resolved", "superseded")))
        case "retracted":
            return and_(gaps.c.stands.is_(False), gaps.c.state == "retracted")
        case "historical":
            return and_(gaps.c.stands.is_(True), gaps.c.historical.is_(True))


def fitting(tenant: str, query: GapQuery) -> list[ColumnElement[bool]]:
    """Return the conditions about the gaps of a tenant themselves."""
    found: list[ColumnElement[bool]] = [gaps.c.tenant == tenant]
    found += [gaps.c[column] == getattr(query, column) for column in COLUMNS if getattr(query, column)]
    return [*found, says(tenant, query.text)] if query.text else found


def handled_so(tenant: str, query: GapQuery) -> list[ColumnElement[bool]]:
    """Return the conditions about what people do: who looks after a gap, and whether it sleeps."""
    found: list[ColumnElement[bool]] = []
    mine = select(handlings.c.gap_id).where(handlings.c.tenant == tenant)
    if query.assigned == NOBODY:
        found.append(gaps.c.gap_id.not_in(mine.where(handlings.c.assigned_to.is_not(None))))
    elif query.assigned:
        found.append(gaps.c.gap_id.in_(mine.where(handlings.c.assigned_to == query.assigned)))
    asleep = mine.where(handlings.c.gap_id == gaps.c.gap_id, inbox.is_asleep(query.now)).correlate(gaps).exists()
    if query.view == "snoozed":
        put_to_sleep = mine.where(handlings.c.snoozed_until > query.now)
        return [*found, gaps.c.gap_id.in_(put_to_sleep), asleep]
    return [*found, ~asleep] if query.view in ("open", "mitigated") else found


def says(tenant: str, text: str) -> ColumnElement[bool]:
    """Return the condition that a gap has a text in whom it is about, its session, its source, or what it is called."""
    titled = select(shown.offerings.c.offering).where(
        shown.offerings.c.tenant == tenant, contains(shown.offerings.c.title, text)
    )
    words = text.replace(" ", "_")
    return or_(
        gaps.c.learner.in_(learners_named(tenant, text)),
        gaps.c.offering.in_(titled),
        contains(gaps.c.source, text),
        contains(gaps.c.gap, words),
    )
