"""The inbox: what people do about gaps, kept by gap id beside what is projected, so that no rebuild touches it.

A snoozed gap sleeps until its moment; it comes back at once if it becomes more urgent, or opens again after it had
closed or had a plan. Then it is not acknowledged any more either: nobody has seen it since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update
from sqlalchemy import insert as plain_insert

from milepost.store.chunks import distinct_chunks
from milepost.store.database import insert
from milepost.store.tables.shown import changes, gaps
from milepost.store.tables.used import handlings, notes
from milepost_schemas.instants import Instant

OPENED = "milepost.gap.opened.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What people do about a gap now. `version` counts up with every change but a note."""

    version: int = 0
    assigned_to: str | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    snoozed_until: Instant | None = None
    snoozed_by: str | None = None
    changed_at: Instant | None = None
    changed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote about a gap."""

    at: Instant
    account: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand acts on which gap, when; `version` is the one that they have seen."""

    tenant: str
    gap_id: str
    account: str | None
    at: int
    version: int


class Meanwhile(Exception):
    """Somebody else has changed the handling of a gap since it was looked at: `now` is how it stands."""

    def __init__(self, now: Handling) -> None:
        """Say how it stands."""
        super().__init__("somebody else was quicker")
        self.now = now


UNTOUCHED = Handling()


def find(connection: Connection, tenant: str, ids: Iterable[str], *, now: int) -> dict[str, Handling]:
    """Return what people do about these gaps, as far as it still holds; one that nobody touched is missing."""
    found: dict[str, Handling] = {}
    for some in distinct_chunks(ids):
        query = select(handlings, relapsed().label("relapsed"), is_asleep(now).label("asleep"))
        query = query.join(gaps, _same_gap(), isouter=True)
        rows = connection.execute(query.where(handlings.c.tenant == tenant, handlings.c.gap_id.in_(some)))
        found.update({row.gap_id: _handling(row) for row in rows})
    return found


def find_notes(connection: Connection, tenant: str, gap_id: str) -> Sequence[Note]:
    """Return what was written about a gap, the oldest first."""
    mine = (notes.c.tenant == tenant) & (notes.c.gap_id == gap_id)
    query = select(notes.c.at, notes.c.account, notes.c.text).where(mine).order_by(notes.c.number)
    return [Note(at=row.at, account=row.account, text=row.text) for row in connection.execute(query)]


def acknowledge(connection: Connection, hand: Hand) -> None:
    """Say that somebody has seen the gap and looks after it; raise Meanwhile."""
    _change(connection, hand, acknowledged_at=hand.at, acknowledged_by=hand.account)


def unacknowledge(connection: Connection, hand: Hand) -> None:
    """Take that back; raise Meanwhile."""
    _change(connection, hand, acknowledged_at=None, acknowledged_by=None)


def assign(connection: Connection, hand: Hand, to: str | None) -> None:
    """Give the gap to somebody, or to nobody; raise Meanwhile."""
    _change(connection, hand, assigned_to=to)


def snooze(connection: Connection, hand: Hand, until: int) -> None:
    """Let the gap sleep; raise Meanwhile."""
    _change(connection, hand, snoozed_until=until, snoozed_by=hand.account)


def wake(connection: Connection, hand: Hand) -> None:
    """Let the gap sleep no more; raise Meanwhile."""
    _change(connection, hand, snoozed_until=None, snoozed_by=None)


def note(connection: Connection, hand: Hand, text: str) -> None:
    """Write something about the gap, whatever others do about it."""
    row = {"tenant": hand.tenant, "gap_id": hand.gap_id, "at": hand.at, "account": hand.account, "text": text}
    connection.execute(plain_insert(notes), row)
    _begin(connection, hand, _seen(connection, hand))
    mine = (handlings.c.tenant == hand.tenant) & (handlings.c.gap_id == hand.gap_id)
    connection.execute(update(handlings).where(mine).values(changed_at=hand.at, changed_by=hand.account))


def stamp(connection: Connection, tenant: str) -> str:
    """Return what is another one whenever anything was done about any gap."""
    query = select(func.max(handlings.c.changed_at), func.sum(handlings.c.version)).where(handlings.c.tenant == tenant)
    at, versions = connection.execute(query).one()
    return f"{at or 0}.{versions or 0}"


def is_asleep(now: int) -> ColumnElement[bool]:
    """Return the condition, over handlings joined with gaps, that a gap sleeps."""
    return and_(
        func.coalesce(handlings.c.snoozed_until, 0) > now, gaps.c.urgency <= handlings.c.seen_urgency, ~relapsed()
    )


def relapsed() -> ColumnElement[bool]:
    """Return the condition, over handlings, that a gap has opened again since somebody acted on it."""
    later = and_(
        changes.c.tenant == handlings.c.tenant,
        changes.c.gap_id == handlings.c.gap_id,
        changes.c.version > handlings.c.seen_version,
        changes.c.type == OPENED,
    )
    return select(changes.c.number).where(later).exists()


def _change(connection: Connection, hand: Hand, **values: Any) -> None:
    """Change the handling of a gap, unless it stands so already; what held of its earlier life ends with it."""
    now = find(connection, hand.tenant, [hand.gap_id], now=hand.at).get(hand.gap_id, UNTOUCHED)
    wanted = replace(now, **values)
    if _means(wanted) == _means(now):
        return
    if now.version != hand.version:
        raise Meanwhile(now)
    seen = _seen(connection, hand)
    _begin(connection, hand, seen)
    row = {
        "version": now.version + 1,
        "assigned_to": wanted.assigned_to,
        "acknowledged_at": wanted.acknowledged_at,
        "acknowledged_by": wanted.acknowledged_by,
        "snoozed_until": wanted.snoozed_until,
        "snoozed_by": wanted.snoozed_by,
        "seen_urgency": _urgency(connection, hand),
        "seen_version": seen,
        "changed_at": hand.at,
        "changed_by": hand.account,
    }
    mine = and_(
        handlings.c.tenant == hand.tenant, handlings.c.gap_id == hand.gap_id, handlings.c.version == now.version
    )
    if connection.execute(update(handlings).where(mine).values(row)).rowcount == 0:
        raise Meanwhile(now)


def _means(handling: Handling) -> tuple[object, ...]:
    """Return what of a handling makes a difference: acknowledged twice by one is acknowledged."""
    acknowledged = handling.acknowledged_at is not None, handling.acknowledged_by
    return acknowledged, handling.assigned_to, handling.snoozed_until


def _begin(connection: Connection, hand: Hand, seen: int) -> None:
    """Make the row of a gap that nobody has touched yet."""
    row = {
        "tenant": hand.tenant,
        "gap_id": hand.gap_id,
        "version": 0,
        "seen_urgency": 0,
        "seen_version": seen,
        "changed_at": hand.at,
        "changed_by": hand.account,
    }
    connection.execute(insert(connection, handlings).on_conflict_do_nothing(), row)


def _urgency(connection: Connection, hand: Hand) -> int:
    mine = (gaps.c.tenant == hand.tenant) & (gaps.c.gap_id == hand.gap_id)
    return connection.execute(select(gaps.c.urgency).where(mine)).scalar() or 0


def _seen(connection: Connection, hand: Hand) -> int:
    """Return the version of the last change of a gap, up to which whoever acts has seen it."""
    mine = (changes.c.tenant == hand.tenant) & (changes.c.gap_id == hand.gap_id)
    return connection.execute(select(func.max(changes.c.version)).where(mine)).scalar() or 0


def _same_gap() -> ColumnElement[bool]:
    return and_(gaps.c.tenant == handlings.c.tenant, gaps.c.gap_id == handlings.c.gap_id)


def _handling(row: Any) -> Handling:
    is_known = not row.relapsed
    return Handling(
        version=row.version,
        assigned_to=row.assigned_to,
        acknowledged_at=row.acknowledged_at if is_known else None,
        acknowledged_by=row.acknowledged_by if is_known else None,
        snoozed_until=row.snoozed_until if row.asleep else None,
        snoozed_by=row.snoozed_by if row.asleep else None,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
