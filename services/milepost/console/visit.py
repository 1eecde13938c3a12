"""One visit of a page: one state of everything, the reader's zone and languages, and the words for what is shown."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus

from fastapi import HTTPException
from sqlalchemy import Connection
from starlette.requests import Request

from milepost.clock import Clock
from milepost.console.cookies import find_cookie
from milepost.console.moments import Moments, is_zone
from milepost.console.pace import Pace
from milepost.console.refusals import COME_AGAIN
from milepost.console.sentences import Speech
from milepost.console.who import Who, who_asks
from milepost.sources.xapi.canonical import preferred_languages
from milepost.store import audit
from milepost.store.acceptance import Acceptance, NotAccepted
from milepost.store.database import Database
from milepost.store.readings.activity_names import find_activity_names
from milepost.store.readings.facts import Filed
from milepost.store.readings.people import identities, names
from milepost.store.readings.titles import Programs, read_programs, session_titles
from milepost.store.readings.trust import Trust, read_trust
from milepost.store.submission import Outcome
from milepost.store.vault import Vault
from milepost_schemas.facts import ActivityReported
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.projections import GapRow
from milepost_schemas.submissions import Deed, Submission

ZONE_COOKIE = "zone"
SOURCE = "console"
"""The source of what people say on the pages."""


@dataclass(frozen=True)
class Desk:
    """What all pages share: where they read, where they write, the clock, and by which key people are known."""

    database: Database
    acceptance: Acceptance
    clock: Clock
    vault: Vault
    watch: Callable[[int], Callable[[Connection], bool]]
    """Makes, of a position in the log, what says whether pages show what was accepted there."""

    zone: str = "UTC"
    """The reader's, until their browser says another."""

    @cached_property
    def pace(self) -> Pace:
        """How fast the clock goes, which a demo shows."""
        return Pace(self.clock)

    @contextmanager
    def visit(self, request: Request) -> Iterator["Visit"]:
        """Give one state of everything to one request; at the end, what was seen is in the audit log."""
        asked = (find_cookie(request, ZONE_COOKIE) or "").replace("%2F", "/")
        languages = preferred_languages(request.headers.get("accept-language", ""))
        with self.database.reading() as connection:
            visit = Visit(self, connection, asked if is_zone(asked) else self.zone, languages, who_asks(request))
            yield visit
        for each in visit.noted:
            settled(each)


@dataclass(frozen=True)
class Visit:
    """One state of everything, for one reader."""

    desk: Desk
    connection: Connection
    zone: str
    languages: tuple[str, ...]
    """Those that the reader prefers, for what is said in several."""

    who: Who
    noted: list[Future[Outcome]] = field(default_factory=list)
    """Lines of the audit log that are on their way to the disk."""

    @property
    def tenant(self) -> str:
        """The tenant whose pages these are."""
        return self.who.tenant

    def saw(self, what: str, subject: str | None = None, **details: str) -> None:
        """Have written down that somebody sees this; the page goes out once it is, and looked at again it is the same.

        It is written while the page is made, with whatever else is accepted meanwhile.
        """
        deed = Deed(account=self.who.account, what=what, subject=subject, details=details)
        if audit.was_seen(self.connection, self.tenant, deed, at=self.now):
            return
        with self.desk.acceptance.receiving() as received_at:
            seen = Submission(tenant=self.tenant, source=SOURCE, received_at=received_at, deed=deed)
            self.noted.append(submit(self.desk.acceptance, seen))

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
        sessions = session_titles(self.connection, self.tenant, (each for each in where if each))
        return Speech(
            moments=self.moments,
            programs=self.programs,
            sessions={f"{each.offering}/{each.session}": each for each in sessions},
            names=called,
            activities=self._names_of_activities(filed),
        )

    def _names_of_activities(self, filed: Iterable[Filed]) -> dict[tuple[str, str], str]:
        """Return what the sources call the activities in these facts that are no step of a program."""
        done = {(each.fact.source, each.fact.activity) for each in filed if isinstance(each.fact, ActivityReported)}
        unknown = {activity for activity in done if self.programs.of_activity(*activity) is None}
        return find_activity_names(self.connection, self.tenant, unknown, preferred=self.languages)


def submit(acceptance: Acceptance, submission: Submission) -> Future[Outcome]:
    """Have something accepted; raise what answers 503 where it is not even tried."""
    try:
        return acceptance.submit(submission)
    except NotAccepted as error:
        raise _unavailable(error) from error


def settled(future: Future[Outcome]) -> Outcome:
    """Return what became of it once it is on the disk; raise what answers 503 where it is not."""
    try:
        return future.result()
    except NotAccepted as error:
        raise _unavailable(error) from error


def _unavailable(error: NotAccepted) -> HTTPException:
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers=dict(COME_AGAIN))


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
