"""Meetings: who was in a room, assigned to the sessions that use it; what no session claims is parked here.

Many sessions may use one meeting: a recurring link keeps its id. A stay, as an opening of the room, belongs to each
session whose time it touches; where it touches none, to the nearest within a margin. So what ran before a session that
never began does not show that it took place.
"""

from collections.abc import Iterator
from dataclasses import replace

from msgspec import Struct
from msgspec.structs import replace as replace_struct

from milepost.core.catalog import Catalog
from milepost.core.processor import Processor, Waits
from milepost.core.register import Register
from milepost.core.said import digest_of, take_owner
from milepost_schemas.facts import MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import (
    AboutPresence,
    Attendee,
    AttendeeErased,
    MeetingOwnerStated,
    MeetingScheduled,
    MeetingUse,
    Owner,
    SessionPresence,
    Stay,
    Tick,
)
from milepost_schemas.topics import MeetingMessage, Message, Topic

MARGIN = 60 * MINUTE
"""So long before its start and after its end a stay still belongs to a session."""

UNNAMED = "@"
"""What the key of an opening begins with that its source does not name."""

POINTS_KEPT = 400
"""How many joins and leaves are kept per identifier; of more, the earliest."""


class Point(Struct, array_like=True, frozen=True, order=True):
    """A join or a leave."""

    at: int
    fact_id: str
    joined: bool
    opening: str | None
    connection: str | None


class Opening(Struct, array_like=True):
    """One opening of the room: when the host came, and when it was closed for the last time."""

    started: tuple[int, str] | None = None
    ended: tuple[int, str] | None = None


class Uses(Struct, array_like=True, frozen=True):
    """The sessions of an offering that use this meeting."""

    sessions: tuple[MeetingUse, ...]


class MeetingRecord(Struct, array_like=True):
    """Everything about one meeting of a source."""

    tenant: str
    source: str
    meeting: str
    version: int = 0
    seen_at: int = 0
    points: dict[str, list[Point]] = {}
    owners: dict[str, Owner] = {}
    openings: dict[str, Opening] = {}
    uses: dict[str, Register[Uses]] = {}
    said: dict[str, bytes] = {}


def evolve(record: MeetingRecord | None, key: str, message: MeetingMessage | Tick) -> MeetingRecord:
    """Take in who came and went, when the room was open, and which sessions use it."""
    if record is None:
        tenant, source, meeting = key.split("/", 2)
        record = MeetingRecord(tenant, source, meeting)
    record.seen_at = max(record.seen_at, _received_at(message))
    match message:
        case AboutPresence():
            take_owner(record.owners, message.owner)
            _add_point(record, message.owner.identifier, message.fact)
        case MeetingOwnerStated():
            take_owner(record.owners, message.owner)
        case AttendeeErased():
            _make_nameless(record, message.identifier)
        case MeetingStarted():
            opening = record.openings.setdefault(_opening(message), Opening())
            came = (message.occurred_at, message.fact_id)
            opening.started = came if opening.started is None else min(opening.started, came)
        case MeetingEnded():
            opening = record.openings.setdefault(_opening(message), Opening())
            closed = (message.occurred_at, message.fact_id)
            opening.ended = closed if opening.ended is None else max(opening.ended, closed)
        case MeetingScheduled():
            uses = record.uses.setdefault(message.offering, Register())
            uses.say(Uses(message.uses), message, rank=message.sequence)
        case Tick():
            pass
    return record


def assess(record: MeetingRecord, catalog: Catalog) -> tuple[MeetingRecord, tuple[Message, ...], Waits]:
    """State the presence around each session that uses the meeting, where it has changed."""
    del catalog
    said: list[Message] = []
    record.version += 1
    for offering, use in _claims(record):
        presence = _presence(record, offering, use)
        digest = digest_of(_unversioned(presence))
        name = f"{offering}/{use.session}"
        if record.said.get(name) != digest and (name in record.said or _says_something(presence)):
            record.said[name] = digest
            said.append(presence)
    return record, tuple(said), ()


def _received_at(message: MeetingMessage | Tick) -> int:
    match message:
        case AboutPresence():
            return message.fact.received_at
        case MeetingOwnerStated():
            return message.owner.as_of
        case MeetingScheduled() | MeetingStarted() | MeetingEnded():
            return message.received_at
        case AttendeeErased() | Tick():
            return 0


def _add_point(record: MeetingRecord, identifier: str, fact: ParticipantJoined | ParticipantLeft) -> None:
    joined = isinstance(fact, ParticipantJoined)
    point = Point(fact.occurred_at, fact.fact_id, joined, fact.opening, fact.connection)
    points = record.points.setdefault(identifier, [])
    if point not in points:
        points.append(point)
        points.sort()
        del points[POINTS_KEPT:]


def _make_nameless(record: MeetingRecord, identifier: str) -> None:
    """Name each connection of an attendee by its first fact: a source may have named it by a person."""
    points = record.points.get(identifier)
    if points is None:
        return
    ids = {point.fact_id for point in points}
    named = {point.fact_id: point for point in points if point.connection in ids}
    once = sorted({**{point.fact_id: point for point in points}, **named}.values())
    names: dict[str, str] = {}
    record.points[identifier] = [
        point
        if point.connection is None or point.connection in ids
        else replace_struct(point, connection=names.setdefault(point.connection, point.fact_id))
        for point in once
    ]


def _claims(record: MeetingRecord) -> Iterator[tuple[str, MeetingUse]]:
    for offering, register in record.uses.items():
        if register.last is not None:
            for use in register.last.content.sessions:
                yield offering, use


def _presence(record: MeetingRecord, offering: str, use: MeetingUse) -> SessionPresence:
    attendees = []
    for identifier in sorted(record.points):
        stays = tuple(stay for stay in _stays(record, identifier) if _belongs(record, _span(stay), use))
        if stays:
            attendees.append(Attendee(owner=record.owners[identifier], stays=stays))
    openings = [opening for opening in record.openings.values() if _belongs(record, _open(opening), use)]
    started = min((o.started for o in openings if o.started is not None), default=None)
    # Opened again after it was closed, and not closed since: it has not ended.
    running = any(o.started is not None and o.ended is None for o in openings)
    ended = max((o.ended for o in openings if o.ended is not None), default=None)
    ended = None if running and ended is not None and _runs_on(openings, ended[0]) else ended
    return SessionPresence(
        tenant=record.tenant,
        source=record.source,
        meeting=record.meeting,
        offering=offering,
        session=use.session,
        version=record.version,
        as_of=record.seen_at,
        started_at=None if started is None else started[0],
        ended_at=None if ended is None else ended[0],
        ended_by=None if ended is None else ended[1],
        attendees=tuple(attendees),
    )


def _runs_on(openings: list[Opening], ended_at: int) -> bool:
    return any(o.started is not None and o.ended is None and o.started[0] >= ended_at for o in openings)


def _stays(record: MeetingRecord, identifier: str) -> Iterator[Stay]:
    """Pair joins and leaves: by connection where the source names it, else in the order of time."""
    connections: dict[tuple[str | None, str | None], list[Point]] = {}
    for point in record.points[identifier]:
        connections.setdefault((point.opening, point.connection), []).append(point)
    for (opening, connection), points in connections.items():
        ended_at = _ended_at(record, opening, points[0].at)
        pairs = _one_stay(points) if connection is not None else _in_order(points)
        for joined, left in pairs:
            yield Stay(
                joined_at=None if joined is None else joined.at,
                left_at=None if left is None else left.at,
                ended_at=ended_at,
                joined_by=None if joined is None else joined.fact_id,
                left_by=None if left is None else left.fact_id,
            )


def _opening(message: MeetingStarted | MeetingEnded) -> str:
    """Return which opening of the room a marker is about; one that does not say stands for itself."""
    return message.opening or f"{UNNAMED}{message.fact_id}"


def _ended_at(record: MeetingRecord, opening: str | None, since: int) -> int | None:
    """Return when the opening of a stay ended; where stays do not name it, the first end after they began."""
    if opening is not None:
        end = record.openings.get(opening, Opening()).ended
        return None if end is None else end[0]
    ends = [o.ended[0] for name, o in record.openings.items() if name.startswith(UNNAMED) and o.ended is not None]
    return min((at for at in ends if at >= since), default=None)


def _one_stay(points: list[Point]) -> Iterator[tuple[Point | None, Point | None]]:
    joins = [point for point in points if point.joined]
    leaves = [point for point in points if not point.joined]
    yield (joins[0] if joins else None, leaves[-1] if leaves else None)


def _in_order(points: list[Point]) -> Iterator[tuple[Point | None, Point | None]]:
    joined: Point | None = None
    for point in points:
        if point.joined:
            if joined is not None:
                yield (joined, None)
            joined = point
        else:
            yield (joined, point)
            joined = None
    if joined is not None:
        yield (joined, None)


def _belongs(record: MeetingRecord, moments: list[int], use: MeetingUse) -> bool:
    """Say whether what lasted from the first to the last of these moments is this session's."""
    away = _distance(moments, use) if moments else None
    if not away or away > MARGIN:
        return away == 0
    return all(_distance(moments, other) >= away for _, other in _claims(record) if not other.canceled)


def _distance(moments: list[int], use: MeetingUse) -> int:
    """Return how far it is from a session's time, in milliseconds; 0 where the two touch."""
    return max(0, use.start_at - max(moments), min(moments) - use.end_at)


def _span(stay: Stay) -> list[int]:
    return [moment for moment in (stay.joined_at, stay.left_at) if moment is not None]


def _open(opening: Opening) -> list[int]:
    return [moment[0] for moment in (opening.started, opening.ended) if moment is not None]


def _says_something(presence: SessionPresence) -> bool:
    return bool(presence.attendees) or presence.started_at is not None or presence.ended_at is not None


def _unversioned(presence: SessionPresence) -> tuple[object, ...]:
    attendees = [(replace(one.owner, version=0, as_of=0), one.stays) for one in presence.attendees]
    return (presence.started_at, presence.ended_at, presence.ended_by, attendees)


PROCESSOR: Processor[MeetingRecord, MeetingMessage] = Processor(Topic.MEETINGS, MeetingRecord, evolve, assess)
