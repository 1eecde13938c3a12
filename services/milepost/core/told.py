"""What has been told: the only part of a record that depends on the order of arrival.

Changes are the difference between what stands and what was told; afterwards the two agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from milepost.core.standing import StandingGap
from milepost_schemas.changes import (
    AnyChange,
    GapMitigated,
    GapOpened,
    GapResolved,
    GapRetracted,
    GapSeverityChanged,
    GapSuperseded,
)
from milepost_schemas.projections import GapRow
from milepost_schemas.words import GapState

ACTIVE = ("open", "mitigated")
REMEMBERED = 40
"""How many ended gaps a record remembers; of more, those that ended first are forgotten."""


def tell(
    tenant: str, told: Mapping[str, GapRow], standing: Mapping[str, StandingGap], at: int
) -> tuple[dict[str, GapRow], tuple[AnyChange, ...]]:
    """Return what is told from now on, and the changes that say so; `at` is when they are said."""
    now: dict[str, GapRow] = {}
    changes: list[AnyChange] = []
    for gap_id in sorted({*told, *standing}):
        row, change = _step(tenant, told.get(gap_id), standing.get(gap_id), at)
        if row is not None:
            now[gap_id] = row
        changes.extend(change)
    return _bounded(now), tuple(changes)


def _step(
    tenant: str, earlier: GapRow | None, gap: StandingGap | None, at: int
) -> tuple[GapRow | None, tuple[AnyChange, ...]]:
    was_active = earlier is not None and earlier.state in ACTIVE
    if gap is None:
        return _retract(tenant, earlier, at) if earlier is not None and was_active else (earlier, ())
    if gap.silenced_by is not None:
        return _supersede(tenant, earlier, gap, at) if was_active else (earlier, ())
    if gap.ended is not None:
        if earlier is not None and was_active and _is_earlier_breach(gap, earlier):
            return _retract(tenant, earlier, at)
        return _resolve(tenant, earlier, gap, at) if was_active else (earlier, ())
    return _hold_open(tenant, earlier, gap, at)


def _hold_open(tenant: str, earlier: GapRow | None, gap: StandingGap, at: int) -> tuple[GapRow, tuple[AnyChange, ...]]:
    state: GapState = "open" if gap.plan is None else "mitigated"
    opened_at = at if earlier is None else earlier.opened_at
    was = earlier.state if earlier is not None else None
    planned_by = None if gap.plan is None else gap.plan.by
    row = replace(gap.row, state=state, opened_at=opened_at, planned_by=planned_by)
    changes: list[AnyChange] = []
    if state != was:
        said = _saying(tenant, row, at)
        changes.append(
            GapOpened(**said, shown_by=row.shown_by) if state == "open" else GapMitigated(**said, by=planned_by)
        )
    if earlier is not None and was in ACTIVE and earlier.severity != row.severity:
        changes.append(GapSeverityChanged(**_saying(tenant, row, at)))
    changed_at = at if changes or earlier is None else earlier.changed_at
    return replace(row, changed_at=changed_at), tuple(changes)


def _resolve(
    tenant: str, earlier: GapRow | None, gap: StandingGap, at: int
) -> tuple[GapRow | None, tuple[AnyChange, ...]]:
    if earlier is None or gap.ended is None:
        return earlier, ()
    row = replace(
        earlier, state="resolved", ended_at=gap.ended.at, ended_by=gap.ended.by, planned_by=None, changed_at=at
    )
    return row, (GapResolved(**_saying(tenant, row, at), ended_at=gap.ended.at, by=gap.ended.by),)


def _retract(tenant: str, earlier: GapRow, at: int) -> tuple[GapRow, tuple[AnyChange, ...]]:
    row = replace(earlier, state="retracted", ended_at=at, planned_by=None, changed_at=at)
    return row, (GapRetracted(**_saying(tenant, row, at)),)


def _is_earlier_breach(gap: StandingGap, told: GapRow) -> bool:
    """Say whether what has ended is an earlier breach of the same thing, so that the one that was told never was."""
    return gap.ended is not None and gap.row.since != told.since and gap.ended.at < told.since


def _supersede(
    tenant: str, earlier: GapRow | None, gap: StandingGap, at: int
) -> tuple[GapRow | None, tuple[AnyChange, ...]]:
    if earlier is None or gap.silenced_by is None:
        return earlier, ()
    row = replace(
        earlier, state="superseded", ended_at=at, superseded_by=gap.silenced_by, planned_by=None, changed_at=at
    )
    return row, (GapSuperseded(**_saying(tenant, row, at), by_gap=gap.silenced_by),)


def _saying(tenant: str, row: GapRow, at: int) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "at": at,
        "gap_id": row.gap_id,
        "gap": row.gap,
        "subject_kind": row.subject_kind,
        "subject": row.subject,
        "severity": row.severity,
        "since": row.since,
        "historical": row.historical,
    }


def _bounded(rows: dict[str, GapRow]) -> dict[str, GapRow]:
    ended = sorted((row for row in rows.values() if row.state not in ACTIVE), key=_by_end)
    for row in _surplus(ended):
        del rows[row.gap_id]
    return rows


def _surplus(ended: list[GapRow]) -> Iterable[GapRow]:
    return ended[: max(0, len(ended) - REMEMBERED)]


def _by_end(row: GapRow) -> tuple[int, str]:
    return (row.changed_at, row.gap_id)
