"""Offerings: each learner's seat with what came of each session, and the gaps of the sessions.

Presence and marks are kept by identifier, with a register of who it is, so that a link moves them and an unlink moves
them back.
"""

from dataclasses import replace

from milepost.core.catalog import Catalog
from milepost.core.clock import Clock
from milepost.core.offering import Offering
from milepost.core.processor import Processor, Waits
from milepost.core.program import RuleSettings
from milepost.core.register import Register
from milepost.core.roster import Excuse, OfferingRecord, Schedule, SeatEvidence, SeatSaid, Sheet
from milepost.core.rules import SESSION_RULES
from milepost.core.said import digest_of, take_owner
from milepost.core.session import Session
from milepost.core.standing import StandingGap, Subject, standing_gaps
from milepost.core.told import tell
from milepost_schemas.changes import AnyChange
from milepost_schemas.facts import (
    AttendanceMarked,
    Fact,
    OfferingScheduled,
    RosterClosed,
    SeatChanged,
    SeatExcused,
    SheetSubmitted,
)
from milepost_schemas.messages import (
    AboutSeat,
    OfferingOwnerStated,
    ProgramKnown,
    ReconsiderOffering,
    SeatHolderErased,
    SeatStated,
    SessionPresence,
    SourceRedeclared,
    Tick,
)
from milepost_schemas.projections import OfferingProjected
from milepost_schemas.topics import Message, OfferingMessage, Topic


def evolve(record: OfferingRecord | None, key: str, message: OfferingMessage | Tick) -> OfferingRecord:
    """Take in what was said of the schedule, the seats and the sessions; or a tick."""
    if record is None:
        tenant, offering = key.split("/", 1)
        record = OfferingRecord(tenant, offering)
    match message:
        case Tick():
            record.ticked.take(message)
        case AboutSeat():
            take_owner(record.owners, message.owner)
            _seat(record, message)
        case OfferingOwnerStated():
            record.seen_at = max(record.seen_at, message.owner.as_of)
            take_owner(record.owners, message.owner)
        case SeatHolderErased():
            if message.identifier in record.seats:
                record.seats[message.identifier].make_nameless()
        case SessionPresence():
            record.seen_at = max(record.seen_at, message.as_of)
            _be_present(record, message)
        case OfferingScheduled():
            said = Schedule(message.course, message.title, message.cohort, message.capacity, message.sessions)
            record.schedule.say(said, message, rank=message.sequence)
            _see(record, message)
        case RosterClosed():
            record.rosters.setdefault(message.session, Register()).say(message.closed, message)
            _see(record, message)
        case SheetSubmitted():
            place = f"{message.session}/{message.channel}"
            sheet = Sheet(message.occurred_at, message.fact_id, message.received_at)
            record.sheets[place] = max(sheet, record.sheets.get(place, sheet))
            _see(record, message)
        case ReconsiderOffering():
            pass
    return record


def assess(record: OfferingRecord, catalog: Catalog) -> tuple[OfferingRecord, tuple[Message, ...], Waits]:
    """State every seat that has changed, and the gaps of the sessions."""
    clock = Clock(record.ticked)
    offering = Offering(record, catalog, clock)
    at = max(record.ticked.at, record.seen_at)
    record.version += 1
    seats = _changed_seats(record, offering.seats(), at)
    changes = _tell(record, offering, catalog, clock, at)
    shown = _project(record, offering, changes, at)
    return record, (*seats, *shown), clock.waits


def reads(record: OfferingRecord, known: ProgramKnown | SourceRedeclared, catalog: Catalog) -> bool:
    """Say whether the offering serves a live step of the program; every offering may read a source."""
    if isinstance(known, SourceRedeclared):
        return True
    schedule = record.schedule.last
    return schedule is not None and schedule.content.course in catalog.courses(known.program)


def _see(record: OfferingRecord, fact: Fact) -> None:
    record.seen_at = max(record.seen_at, fact.received_at)


def _seat(record: OfferingRecord, message: AboutSeat) -> None:
    fact = message.fact
    _see(record, fact)
    seat = record.seats.get(message.owner.identifier)
    if seat is None:
        seat = record.seats[message.owner.identifier] = SeatEvidence()
    match fact:
        case SeatChanged():
            seat.seat.say(SeatSaid(fact.state, fact.canceled_by, fact.list_expires_at), fact)
        case SeatExcused():
            seat.excuses.setdefault(fact.session or "", Register()).say(Excuse(fact.excused, fact.reason), fact)
        case AttendanceMarked():
            channels = seat.marks.setdefault(fact.session, {})
            channels.setdefault(fact.channel or "", Register()).say(fact.mark, fact, rank=fact.rank)


def _be_present(record: OfferingRecord, presence: SessionPresence) -> None:
    place = f"{presence.session}/{presence.source}/{presence.meeting}"
    earlier = record.presence.get(place)
    if earlier is None or presence.version >= earlier.version:
        record.presence[place] = presence
        for attendee in presence.attendees:
            take_owner(record.owners, attendee.owner)


def _changed_seats(record: OfferingRecord, seats: tuple[SeatStated, ...], at: int) -> list[SeatStated]:
    """Return the seats that differ from what was said, and an end for each learner who has none any more."""
    said = {seat.learner: (seat, digest_of(seat)) for seat in seats}
    changed = [
        replace(seat, version=record.version, as_of=at)
        for learner, (seat, digest) in said.items()
        if record.said.get(learner) != digest
    ]
    gone = [
        SeatStated(
            tenant=record.tenant,
            learner=learner,
            offering=record.offering,
            course="-",
            version=record.version,
            as_of=at,
            gone=True,
        )
        for learner in record.said
        if learner not in said
    ]
    record.said = {learner: digest for learner, (_, digest) in said.items()}
    return [*changed, *gone]


def _tell(record: OfferingRecord, offering: Offering, catalog: Catalog, clock: Clock, at: int) -> tuple[AnyChange, ...]:
    standing: dict[str, StandingGap] = {}
    for session in offering.sessions:
        standing |= _gaps(record, offering, session, catalog, clock)
    record.told, changes = tell(record.tenant, record.told, standing, at)
    return changes


def _gaps(
    record: OfferingRecord, offering: Offering, session: Session, catalog: Catalog, clock: Clock
) -> dict[str, StandingGap]:
    program = offering.program
    subject = Subject(
        tenant=record.tenant,
        kind="session",
        id=session.name,
        program=None if program is None else program.id,
        compliance=program is not None and program.compliance,
    )
    return standing_gaps(
        subject,
        {gap: tuple(rule.find(session, clock)) for gap, rule in SESSION_RULES.items()},
        lambda gap: session.settings.get(gap, RuleSettings()),
        {gap: rule.TOLD for gap, rule in SESSION_RULES.items()},
        catalog.tracking_from,
    )


def _project(
    record: OfferingRecord, offering: Offering, changes: tuple[AnyChange, ...], at: int
) -> tuple[OfferingProjected, ...]:
    schedule = None if offering.entry is None else offering.entry.content
    row = OfferingProjected(
        tenant=record.tenant,
        offering=record.offering,
        version=0,
        as_of=0,
        course=None if schedule is None else schedule.course,
        title="" if schedule is None else schedule.title,
        cohort=None if schedule is None else schedule.cohort,
        capacity=None if schedule is None else schedule.capacity,
        sessions=offering.rows(),
        gaps=tuple(record.told.values()),
    )
    digest = digest_of(row)
    if digest == record.shown and not changes:
        return ()
    record.shown = digest
    return (replace(row, version=record.version, as_of=at, changes=changes),)


PROCESSOR: Processor[OfferingRecord, OfferingMessage] = Processor(
    Topic.OFFERINGS, OfferingRecord, evolve, assess, reads
)
