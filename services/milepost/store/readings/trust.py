"""Whether a page can be trusted right now: as of when it is, and which sources are silent."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select

from milepost.store import inbox, recording
from milepost.store.showing import read_source
from milepost.store.tables import accepted, kept, shown
from milepost_schemas.instants import MINUTE, Instant
from milepost_schemas.projections import SourceProjected
from milepost_schemas.words import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source is heard. `until` is up to when conclusions about absence are drawn from its silence."""

    source: Name
    state: Literal["heard", "silent", "importing"]
    kind: Name | None = None
    rhythm: int | None = None
    """Its longest normal silence in minutes; None: it may be silent."""

    last_heard_at: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """As of when the pages are. `stamp` changes when what they show may have changed."""

    as_of: Instant | None
    stamp: str
    behind: int = 0
    """How many accepted messages were not taken in yet."""

    sources: tuple[SourceState, ...] = ()

    @property
    def on_hold(self) -> tuple[SourceState, ...]:
        """The sources from whose silence nothing is concluded now."""
        return tuple(source for source in self.sources if source.state != "heard")


def read_trust(connection: Connection, tenant: str) -> Trust:
    """Return as of when everything is shown, and how the sources are heard."""
    as_of = connection.execute(select(kept.ticks.c.at).where(kept.ticks.c.tenant == tenant)).scalar()
    position = recording.position(connection)
    change = connection.execute(
        select(func.max(shown.changes.c.number)).where(shown.changes.c.tenant == tenant)
    ).scalar()
    newest = connection.execute(select(func.max(accepted.log.c.position))).scalar() or 0
    return Trust(
        as_of=as_of,
        stamp=f"{position}.{change or 0}.{(as_of or 0) // MINUTE}.{inbox.stamp(connection, tenant)}",
        behind=max(newest - position, 0),
        sources=read_sources(connection, tenant, as_of),
    )


def read_sources(connection: Connection, tenant: str, at: int | None) -> tuple[SourceState, ...]:
    """Return every declared source, by name."""
    table = shown.source_standings
    query = select(table.c.row).where(table.c.tenant == tenant).order_by(table.c.source)
    return tuple(_state(read_source(text), at) for text in connection.execute(query).scalars())


def _state(row: SourceProjected, at: int | None) -> SourceState:
    state: Literal["heard", "silent", "importing"] = "heard"
    if row.importing_since is not None:
        state = "importing"
    elif row.rhythm is not None and row.last_heard_at is not None and at is not None:
        state = "silent" if at - row.last_heard_at >= row.rhythm * MINUTE else "heard"
    return SourceState(
        source=row.source,
        state=state,
        kind=row.kind,
        rhythm=row.rhythm,
        last_heard_at=row.last_heard_at,
        until=row.importing_since if state == "importing" else row.heard_until,
    )
