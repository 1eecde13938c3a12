"""One visit of a page: one state of everything, the reader's zone, and the words for what is shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection
from starlette.requests import Request

from milepost.clock import Clock
from milepost.console.moments import Moments, is_zone
from milepost.console.pace import Pace
from milepost.console.sentences import Speech
from milepost.store.acceptance import Acceptance
from milepost.store.database import Database
from milepost.store.readings.facts import Filed
from milepost.store.readings.people import identities, names
from milepost.store.readings.titles import Programs, read_programs, sessions_of
from milepost.store.readings.trust import Trust, read_trust
from milepost_schemas.facts import ActivityReported
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.projections import GapRow

ZONE_COOKIE = "zone"


@dataclass(frozen=True)
class Desk:
    """What all pages share: where they read, where they write, and the clock."""

    database: Database
    acceptance: Acceptance
    clock: Clock
    tenant: str
    zone: str
    pace: Pace

    @contextmanager
    def visit(self, request: Request) -> Iterator["Visit"]:
        """Give one state of everything to one request."""
        asked = request.cookies.get(ZONE_COOKIE, "").replace("%2F", "/")
        with self.database.reading() as connection:
            yield Visit(self, connection, asked if is_zone(asked) else self.zone)


@dataclass(frozen=True)
class Visit:
    """One state of everything, for one reader."""

    desk: Desk
    connection: Connection
    zone: str

    @property
    def tenant(self) -> str:
        """The tenant whose pages these are."""
        return self.desk.tenant

    @cached_property
    def now(self) -> int:
        """The time of the server's clock."""
        return self.desk.clock.now()

    @cached_property
    def moments(self) -> Moments:
        """How moments are said to this reader."""
        return Moments(self.zone, self.now)

    @cached_property
    def trust(self) -> Trust:
        """As of when everything is, and how the sources are heard."""
        return read_trust(self.connection, self.tenant)

    @cached_property
    def programs(self) -> Programs:
        """What programs and steps are called."""
        return read_programs(self.connection, self.tenant)

    def speech(
        self,
        gaps: Iterable[GapRow] = (),
        *,
        facts: Iterable[Filed] = (),
        learners: Iterable[str | None] = (),
        offerings: Iterable[str] = (),
    ) -> Speech:
        """Return the words for these gaps and facts, and for what else a page names."""
        rows, filed = list(gaps), list(facts)
        who = {*learners, *(row.learner for row in rows), *(_linked(each) for each in filed)}
        where = {
            *offerings,
            *(place for row in rows for place in _offerings(row)),
            *(_offering(each) for each in filed),
        }
        called = names(self.connection, self.tenant, who)
        strangers = {str(row.values["participant"]) for row in rows if "participant" in row.values}
        for identifier, identity in identities(self.connection, self.tenant, strangers).items():
            called[identifier] = identity.label
        sessions = sessions_of(self.connection, self.tenant, (each for each in where if each))
        return Speech(
            moments=self.moments,
            programs=self.programs,
            sessions={f"{each.offering}/{each.session}": each for each in sessions},
            names=called,
        )


def _offerings(row: GapRow) -> Iterator[str]:
    if row.offering:
        yield row.offering
    for key in ("session", "sessions", "offering"):
        value = row.values.get(key, ())
        for place in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            yield place.split("/", 1)[0]


def _offering(filed: Filed) -> str | None:
    if isinstance(filed.fact, ActivityReported):
        return None
    return getattr(filed.fact, "offering", None)


def _linked(filed: Filed) -> str | None:
    return filed.fact.learner if isinstance(filed.fact, IdentityDecided) else None
