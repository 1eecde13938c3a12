"""The systems that report: how each is heard, and what became of its latest requests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from milepost.store import sources
from milepost.store.readings.trust import SourceState
from milepost.store.tables.accepted import raw_messages
from milepost_schemas.instants import Instant
from milepost_schemas.words import Name

LATEST = 100
"""Of how many requests of a source it is said what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """One request of a source; `reason` says why it was refused, or what in it was not read."""

    number: int
    received_at: Instant
    route: str
    outcome: Literal["accepted", "refused"]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source. `state` is None until the tracker has read that it was added."""

    source: Name
    kind: Name
    added_at: Instant
    rhythm: int | None
    """Its longest normal silence in minutes; None: it may be silent."""

    state: SourceState | None
    requests: tuple[SourceRequest, ...]
    """The latest first, at most `LATEST`."""

    @property
    def hearing(self) -> Literal["heard", "silent", "importing", "unheard"]:
        """How it is heard, if it ever was."""
        return "unheard" if self.state is None or self.state.last_heard_at is None else self.state.state

    @property
    def refused(self) -> tuple[SourceRequest, ...]:
        """Those that were refused, the latest first."""
        return tuple(each for each in self.requests if each.outcome == "refused")

    @property
    def last_refused(self) -> SourceRequest | None:
        """The latest that was refused."""
        return next(iter(self.refused), None)


def read_source_lines(connection: Connection, tenant: str, states: Iterable[SourceState]) -> tuple[SourceLine, ...]:
    """Return every source by name; `states` says how those are heard that the tracker knows."""
    return tuple(_line(connection, each, states) for each in sources.every(connection, tenant))


def find_source_line(
    connection: Connection, tenant: str, name: str, states: Iterable[SourceState]
) -> SourceLine | None:
    """Return one source likewise; None where there is none of that name."""
    found = sources.find(connection, tenant, name)
    return None if found is None else _line(connection, found, states)


def _line(connection: Connection, source: sources.Source, states: Iterable[SourceState]) -> SourceLine:
    return SourceLine(
        source=source.name,
        kind=source.kind,
        added_at=source.created_at,
        rhythm=source.rhythm,
        state=next((state for state in states if state.source == source.name), None),
        requests=_requests(connection, source.tenant, source.name),
    )


def _requests(connection: Connection, tenant: str, source: str) -> tuple[SourceRequest, ...]:
    table = raw_messages
    rows = select(table.c.number, table.c.received_at, table.c.route, table.c.outcome, table.c.reason)
    rows = rows.where(table.c.tenant == tenant, table.c.source == source)
    found = connection.execute(rows.order_by(table.c.number.desc()).limit(LATEST))
    return tuple(SourceRequest(**row._mapping) for row in found)
