"""The keep of the tracker in SQL: records, waits, facts, programs and projections, within one transaction at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, select

from milepost.ports import Filed, FiledActivity, Kept
from milepost.store import filing, forgetting, people, projecting, recording, showing, tenants
from milepost.store.tables.shown import journeys, offerings, source_standings
from milepost_schemas.facts import PersonFact
from milepost_schemas.messages import IdentifierErased, Owner, ProgramPublished
from milepost_schemas.projections import Projected, SourceProjected
from milepost_schemas.topics import Topic


class SqlKeep:
    """What the tracker keeps (`milepost.ports.Keep`), on the connection of the transaction that it is used in."""

    def __init__(self) -> None:
        """Work on no connection yet."""
        self._current: Connection | None = None

    @contextmanager
    def on(self, connection: Connection) -> Iterator["SqlKeep"]:
        """Work on this connection until the end."""
        self._current = connection
        try:
            yield self
        finally:
            self._current = None

    @property
    def _connection(self) -> Connection:
        if self._current is None:
            raise RuntimeError("a keep works only within `with keep.on(connection)`")
        return self._current

    def load(self, topic: Topic, keys: Collection[str]) -> Mapping[str, bytes]:
        """Return the records of these keys; a key without one is missing from the answer."""
        return recording.load(self._connection, topic, list(keys))

    def save(self, topic: Topic, records: Mapping[str, Kept]) -> None:
        """Keep these records in place of earlier ones, with what they wait for."""
        recording.save(self._connection, topic, records)

    def due(self, topic: Topic, tenant: str, at: int, lagging: Mapping[str, int]) -> Sequence[str]:
        """Return the keys that wait for a moment that is reached: at `at`, or for a lagging source at its own."""
        return recording.due(self._connection, topic, tenant, at, lagging)

    def file(self, facts: Iterable[Filed]) -> None:
        """Put facts into the facts table; one that is there already stays, but `known` may rise."""
        filing.file(self._connection, facts)

    def forget(self, erased: IdentifierErased) -> None:
        """Take the facts of an identifier away; those of seats and presence stay, as nobody's."""
        forgetting.forget(self._connection, erased)

    def facts_of(self, tenant: str, identifier: str) -> Sequence[PersonFact]:
        """Return every filed fact of an identifier that is known, in the order of filing."""
        return filing.facts_of(self._connection, tenant, identifier)

    def unknown_activities(self, tenant: str) -> Sequence[FiledActivity]:
        """Return every filed activity of a tenant that is still unknown, in the order of filing."""
        return filing.unknown_activities(self._connection, tenant)

    def latest_activities(self, tenant: str, source: str) -> Sequence[FiledActivity]:
        """Return, for each identifier and activity of a source, the known fact that was filed last."""
        return filing.latest_activities(self._connection, tenant, source)

    def publish(self, program: ProgramPublished) -> None:
        """Keep a program version; the same version again changes nothing."""
        recording.publish(self._connection, program)

    def programs(self, tenant: str) -> Sequence[ProgramPublished]:
        """Return every version of every program of a tenant, in the order of publishing."""
        return recording.programs_of(self._connection, tenant)

    def tracking_from(self, tenant: str) -> int:
        """Return the instant from which gaps of a tenant are told; earlier ones are historical."""
        return tenants.tracking_from(self._connection, tenant)

    def source_rows(self, tenant: str) -> Sequence[SourceProjected]:
        """Return what is projected of every source of a tenant."""
        rows = select(source_standings.c.row).where(source_standings.c.tenant == tenant)
        return [showing.read_source(row) for row in self._connection.execute(rows).scalars()]

    def learners_of(self, tenant: str, program: str) -> Sequence[str]:
        """Return the learners whose projection has a journey on this program."""
        rows = select(journeys.c.learner).where(journeys.c.tenant == tenant, journeys.c.program == program)
        return list(self._connection.execute(rows.order_by(journeys.c.learner)).scalars())

    def offerings(self, tenant: str) -> Mapping[str, str | None]:
        """Return every projected offering of a tenant, with its course where a schedule has named one."""
        rows = select(offerings.c.offering, offerings.c.course).where(offerings.c.tenant == tenant)
        return {row.offering: row.course for row in self._connection.execute(rows.order_by(offerings.c.offering))}

    def own(self, tenant: str, owners: Iterable[Owner]) -> None:
        """Keep who identifiers are now, for pages that name people: the last said counts."""
        people.own(self._connection, tenant, owners)

    def project(self, rows: Iterable[Projected]) -> None:
        """Replace all rows of each key by these, where their version is newer."""
        projecting.project(self._connection, rows)
