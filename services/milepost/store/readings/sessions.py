"""Sessions: the list of them, and everybody in one."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from milepost.store.chunks import distinct_chunks
from milepost.store.readings.gap_query import is_open
from milepost.store.readings.gaps import GapFound, gaps_of_session
from milepost.store.rows import read
from milepost.store.searching import contains
from milepost.store.tables import shown
from milepost_schemas.projections import JourneyRow, ParticipantRow, SeatRow, SeatSessionRow, SessionRow
from milepost_schemas.words import Name

sessions, offerings, participants = shown.sessions, shown.offerings, shown.participants

When = Literal["upcoming", "past"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery:
    """Which sessions are asked for: those that end after `now`, or those that have ended."""

    now: int
    when: When = "upcoming"
    text: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session in the list; `row` is without its participants."""

    offering: Name
    title: str
    course: Name | None
    cohort: Name | None
    capacity: int | None
    row: SessionRow
    booked: int
    came: int
    """How many were there, in a meeting or by somebody's word."""

    open_gaps: int

    @property
    def is_overbooked(self) -> bool:
        """Whether more learners are booked than there are places."""
        return self.capacity is not None and self.booked > self.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsFound:
    """One page of sessions."""

    sessions: tuple[SessionLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody in a session, with their seat and journeys as their own record has them."""

    row: ParticipantRow
    outcome: SeatSessionRow | None
    journeys: tuple[JourneyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything to show of one session."""

    line: SessionLine
    parts: int
    attendees: tuple[Attendee, ...]
    gaps: tuple[GapFound, ...]
    siblings: tuple[SessionRow, ...]


def find_sessions(connection: Connection, tenant: str, query: SessionQuery) -> SessionsFound:
    """Return one page of sessions: what comes, the next first; what was, the last first."""
    wanted = and_(sessions.c.tenant == tenant, *_when(query))
    if query.text:
        wanted = and_(wanted, contains(offerings.c.title, query.text) | contains(sessions.c.session, query.text))
    order = sessions.c.start_at if query.when == "upcoming" else sessions.c.start_at.desc()
    listed = _query().where(wanted).order_by(order, sessions.c.offering, sessions.c.session)
    rows = list(connection.execute(listed.limit(query.size).offset((query.page - 1) * query.size)))
    total = select(func.count()).select_from(_query().where(wanted).subquery())
    return SessionsFound(
        sessions=_lines(connection, tenant, rows),
        total=connection.execute(total).scalar_one(),
    )


def count_sessions(connection: Connection, tenant: str, now: int) -> dict[str, int]:
    """Return how many sessions are to come and how many are over."""
    ahead = and_(sessions.c.tenant == tenant, sessions.c.end_at >= now)
    total = connection.execute(select(func.count()).where(sessions.c.tenant == tenant)).scalar_one()
    upcoming = connection.execute(select(func.count()).where(ahead)).scalar_one()
    return {"upcoming": upcoming, "past": total - upcoming}


def find_session(connection: Connection, tenant: str, offering: str, session: str) -> Session | None:
    """Return one session with everybody in it, or None where it was never scheduled."""
    mine = and_(sessions.c.tenant == tenant, sessions.c.offering == offering)
    rows = list(connection.execute(_query().where(mine)))
    lines = _lines(connection, tenant, rows)
    line = next((each for each in lines if each.row.session == session), None)
    if line is None:
        return None
    return Session(
        line=line,
        parts=max(each.row.part for each in lines),
        attendees=_attendees(connection, tenant, offering, session),
        gaps=gaps_of_session(connection, tenant, offering, session),
        siblings=tuple(sorted((each.row for each in lines), key=lambda row: row.start_at)),
    )


def sessions_of(connection: Connection, tenant: str, named: Collection[str]) -> dict[tuple[str, str], SessionRow]:
    """Return the sessions of these offerings, without their participants."""
    found = {}
    for some in distinct_chunks(named):
        query = select(sessions.c.offering, sessions.c.session, sessions.c.row)
        for each in connection.execute(query.where(sessions.c.tenant == tenant, sessions.c.offering.in_(some))):
            found[each.offering, each.session] = read(SessionRow, each.row)
    return found


def _query() -> Select[Any]:
    same = and_(offerings.c.tenant == sessions.c.tenant, offerings.c.offering == sessions.c.offering)
    return select(
        sessions.c.offering,
        sessions.c.session,
        sessions.c.row,
        offerings.c.title,
        offerings.c.course,
        offerings.c.cohort,
        offerings.c.capacity,
    ).join(offerings, same, isouter=True)


def _when(query: SessionQuery) -> tuple[ColumnElement[bool], ...]:
    if query.when == "upcoming":
        return (sessions.c.end_at >= query.now,)
    return (sessions.c.end_at < query.now,)


def _lines(connection: Connection, tenant: str, rows: Collection[Row[Any]]) -> tuple[SessionLine, ...]:
    named = {row.offering for row in rows}
    booked = _count(connection, tenant, named, participants.c.state == "booked")
    came = _count_there(connection, tenant, named)
    gaps = _count_gaps(connection, tenant, named)
    return tuple(
        SessionLine(
            offering=row.offering,
            title=row.title or "",
            course=row.course,
            cohort=row.cohort,
            capacity=row.capacity,
            row=read(SessionRow, row.row),
            booked=booked.get((row.offering, row.session), 0),
            came=came.get((row.offering, row.session), 0),
            open_gaps=gaps.get((row.offering, row.session), 0),
        )
        for row in rows
    )


def _count(
    connection: Connection, tenant: str, named: Collection[str], wanted: ColumnElement[bool]
) -> dict[tuple[str, str], int]:
    found = {}
    for some in distinct_chunks(named):
        grouped = (
            select(participants.c.offering, participants.c.session, func.count())
            .where(participants.c.tenant == tenant, participants.c.offering.in_(some), wanted)
            .group_by(participants.c.offering, participants.c.session)
        )
        found.update({(offering, session): number for offering, session, number in connection.execute(grouped)})
    return found


def _count_there(connection: Connection, tenant: str, named: Collection[str]) -> Counter[tuple[str, str]]:
    """Count who was there: whom a meeting saw, and of whom somebody says that they were there, if only in part."""
    found: Counter[tuple[str, str]] = Counter()
    for some in distinct_chunks(named):
        query = select(participants.c.offering, participants.c.session, participants.c.row).where(
            participants.c.tenant == tenant, participants.c.offering.in_(some)
        )
        found.update(
            (each.offering, each.session)
            for each in connection.execute(query)
            if was_there(read(ParticipantRow, each.row))
        )
    return found


def was_there(row: ParticipantRow) -> bool:
    """Say whether a meeting saw them, or somebody says that they were there."""
    return row.joined_at is not None or row.minutes > 0 or row.mark in ("present", "partial")


def _count_gaps(connection: Connection, tenant: str, named: Collection[str]) -> dict[tuple[str, str], int]:
    gaps = shown.gaps
    found = {}
    for some in distinct_chunks(named):
        grouped = (
            select(gaps.c.offering, gaps.c.session, func.count())
            .where(gaps.c.tenant == tenant, gaps.c.offering.in_(some), gaps.c.session.is_not(None), is_open())
            .group_by(gaps.c.offering, gaps.c.session)
        )
        found.update({(offering, session): number for offering, session, number in connection.execute(grouped)})
    return found


def _attendees(connection: Connection, tenant: str, offering: str, session: str) -> tuple[Attendee, ...]:
    query = select(participants.c.row).where(
        participants.c.tenant == tenant, participants.c.offering == offering, participants.c.session == session
    )
    rows = [read(ParticipantRow, text) for text in connection.execute(query.order_by(participants.c.place)).scalars()]
    learners = [row.learner for row in rows if row.learner]
    seats = _seats(connection, tenant, offering, learners)
    journeys = _journeys(connection, tenant, learners)
    return tuple(
        Attendee(
            row=row,
            outcome=_of(seats.get(row.learner or ""), session),
            journeys=journeys.get(row.learner or "", ()),
        )
        for row in rows
    )


def _seats(connection: Connection, tenant: str, offering: str, learners: Collection[str]) -> dict[str, SeatRow]:
    table = shown.seats
    found = {}
    for some in distinct_chunks(learners):
        query = select(table.c.learner, table.c.row).where(
            table.c.tenant == tenant, table.c.offering == offering, table.c.learner.in_(some)
        )
        found.update({row.learner: read(SeatRow, row.row) for row in connection.execute(query)})
    return found


def _journeys(connection: Connection, tenant: str, learners: Collection[str]) -> dict[str, tuple[JourneyRow, ...]]:
    table = shown.journeys
    found: dict[str, tuple[JourneyRow, ...]] = {}
    for some in distinct_chunks(learners):
        query = select(table.c.learner, table.c.row).where(table.c.tenant == tenant, table.c.learner.in_(some))
        for row in connection.execute(query):
            found[row.learner] = (*found.get(row.learner, ()), read(JourneyRow, row.row))
    return found


def _of(seat: SeatRow | None, session: str) -> SeatSessionRow | None:
    if seat is None:
        return None
    return next((each for each in seat.sessions if each.session == session), None)
