"""Learners: each journey's steps, stages and gaps, from the evidence of all of a learner's identifiers and seats."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec
from msgspec import Struct, field

from milepost.core.catalog import Catalog
from milepost.core.clock import Clock, Ticked
from milepost.core.evidence import Enrolled, Proof, Slice, activity_key
from milepost.core.gap import Ended
from milepost.core.journey import Journey
from milepost.core.positional import Positional, by_position, from_position
from milepost.core.processor import Processor, Waits
from milepost.core.program import Program
from milepost.core.register import Entry, Register
from milepost.core.rows import journey_row, seat_row, unknown_program_row
from milepost.core.rules import JOURNEY_RULES
from milepost.core.said import digest_of
from milepost.core.seat import Seats
from milepost.core.settled import Settled, Versions, any_withdrawn, says_nothing_new
from milepost.core.standing import StandingGap, Subject, standing_gaps
from milepost.core.steps_told import Progress, tell_progress
from milepost.core.told import tell
from milepost_schemas.changes import AnyChange
from milepost_schemas.facts import ActivityReported
from milepost_schemas.messages import (
    AboutLearner,
    LearnerErased,
    Owner,
    ProgramKnown,
    Reconsider,
    RevocationAddressed,
    SeatStated,
    SliceEnded,
    SliceStated,
    SourceRedeclared,
    Tick,
)
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected
from milepost_schemas.topics import LearnerMessage, Message, Topic
from milepost_schemas.words import Asks

TOLD_BY = {gap: rule.TOLD for gap, rule in JOURNEY_RULES.items()}
"""Whom each gap is told to, where a program says nothing else."""


Looked = tuple[Journey, Ended | None] | JourneyRow
"""A journey, and when the learner withdrew if they did; or a row that waits for its program."""


class Held(Struct, array_like=True):
    """The slice of one identifier, as of a version of its resolver; None once it belongs to somebody else."""

    version: int
    evidence: Slice | None


class LearnerRecord(Struct, array_like=True):
    """Everything about one learner."""

    tenant: str
    learner: str
    version: int = 0
    ticked: Ticked = field(default_factory=Ticked)
    seen_at: int = 0
    slices: dict[str, Held] = {}
    seats: dict[str, Positional] = {}
    told: dict[str, GapRow] = {}
    progress: dict[str, Progress] = {}
    shown: bytes = b""
    settled: Settled | None = None
    """None where anything else than activities came since the last assessment."""

    earlier: dict[str, list[Proof]] = {}
    """What was kept of the activities that were spoken of since then, before that; never stored."""

    erased: list[str] = []
    """The identifiers whose evidence is gone for good, also where it comes once more."""

    told_since: int = 0
    """The version before which everything that was told is forgotten."""


def evolve(record: LearnerRecord | None, key: str, message: LearnerMessage | Tick) -> LearnerRecord:
    """Take in a fact, a whole slice, a whole seat, or a tick."""
    if record is None:
        tenant, learner = key.split("/", 1)
        record = LearnerRecord(tenant, learner)
    if isinstance(message, AboutLearner) and isinstance(message.fact, ActivityReported):
        _hear_of_activity(record, message.owner, message.fact, message.asks)
        return record
    record.settled = None
    match message:
        case Tick():
            record.ticked.take(message)
        case AboutLearner():
            record.seen_at = max(record.seen_at, message.fact.received_at)
            held = _held(record, message.owner)
            if held is not None:
                held.add(message.fact)
        case RevocationAddressed():
            record.seen_at = max(record.seen_at, message.owner.as_of)
            held = _held(record, message.owner)
            if held is not None:
                held.revoke(message.target, message.withdrawn_at)
        case SliceStated():
            record.seen_at = max(record.seen_at, message.owner.as_of)
            _take(record, message.owner, msgspec.msgpack.decode(message.packed, type=Slice))
        case SliceEnded():
            record.seen_at = max(record.seen_at, message.owner.as_of)
            _take(record, message.owner, None)
        case LearnerErased():
            _erase(record, message.identifiers)
        case SeatStated():
            record.seen_at = max(record.seen_at, message.as_of)
            earlier = record.seats.get(message.offering)
            if earlier is None or message.version >= from_position(SeatStated, earlier).version:
                record.seats[message.offering] = by_position(message)
        case Reconsider():
            pass
    return record


def assess(record: LearnerRecord, catalog: Catalog) -> tuple[LearnerRecord, tuple[Message, ...], Waits]:
    """State how every journey stands, and what has changed."""
    earlier, record.earlier = record.earlier, {}
    evidence = _evidence(record)
    settled = record.settled if earlier and len(record.slices) == 1 else None
    if settled is not None and not settled.holds(_versions(evidence, catalog), catalog):
        settled = None
    earlier = {activity: proofs for activity, proofs in earlier.items() if proofs != evidence.proofs(activity)}
    if settled is not None and not earlier:
        return record, (), settled.waits
    clock = Clock(record.ticked)
    seats = Seats(record.seats)
    looked = [
        _look(record, program_id, evidence.enrollments[program_id], evidence, seats, catalog, clock)
        for program_id in sorted(evidence.enrollments)
    ]
    if settled is not None and _say_nothing_new(looked, evidence, earlier):
        return record, (), settled.waits
    at = max(record.ticked.at, record.seen_at)
    standing: dict[str, StandingGap] = {}
    rows: list[JourneyRow] = []
    changes: list[AnyChange] = []
    for one in looked:
        if isinstance(one, JourneyRow):
            rows.append(one)
            continue
        journey, ended = one
        program_id = journey.program.id
        rows.append(journey_row(journey, clock, ended))
        standing |= _gaps(record, journey, ended, catalog, clock)
        record.progress[program_id], told = tell_progress(
            record.tenant, journey, record.progress.get(program_id, Progress()), at
        )
        changes.extend(told)
    record.told, gap_changes = tell(record.tenant, record.told, standing, at)
    shown = _project(record, rows, seats, catalog, clock, (*changes, *gap_changes), at)
    versions = tuple((row.program, row.version) for row in rows)
    record.settled = Settled(catalog.tracking_from, versions, clock.waits)
    return record, shown, clock.waits


def reads(record: LearnerRecord, known: ProgramKnown | SourceRedeclared, catalog: Catalog) -> bool:
    """Say whether the learner was ever on the program that is known otherwise."""
    slices = (held.evidence for held in record.slices.values() if held.evidence is not None)
    return isinstance(known, ProgramKnown) and any(known.program in evidence.enrollments for evidence in slices)


def _hear_of_activity(record: LearnerRecord, owner: Owner, fact: ActivityReported, asks: Asks | None) -> None:
    record.seen_at = max(record.seen_at, fact.received_at)
    held = _held(record, owner)
    if held is None:
        return
    activity = activity_key(fact.source, fact.activity)
    record.earlier.setdefault(activity, held.proofs(activity))
    held.add(fact, asks)


def _say_nothing_new(looked: Iterable[Looked], evidence: Slice, earlier: Mapping[str, list[Proof]]) -> bool:
    """Say whether another assessment could only say what the last one said."""
    if any(any_withdrawn((*proofs, *evidence.proofs(activity))) for activity, proofs in earlier.items()):
        return False
    before = evidence.as_before(earlier)
    journeys = (one[0] for one in looked if not isinstance(one, JourneyRow))
    return all(says_nothing_new(journey, before, earlier) for journey in journeys)


def _versions(evidence: Slice, catalog: Catalog) -> Versions:
    """Return the version of each program on which the learner is, as rows have it."""
    enrolled = sorted(evidence.enrollments.items())
    programs = ((name, _program(name, _active(register), catalog)) for name, register in enrolled)
    return tuple((name, 0 if program is None else program.version) for name, program in programs)


def _held(record: LearnerRecord, owner: Owner) -> Slice | None:
    """Return the slice that a message is about; None where it was said before the slice went to somebody else."""
    if owner.identifier in record.erased:
        return None
    held = record.slices.get(owner.identifier)
    if held is None:
        held = record.slices[owner.identifier] = Held(0, Slice())
    if held.evidence is None:
        if owner.version < held.version:
            return None
        held.evidence = Slice()
    return held.evidence


def _take(record: LearnerRecord, owner: Owner, evidence: Slice | None) -> None:
    held = record.slices.get(owner.identifier)
    if owner.identifier in record.erased:
        return
    if held is None or owner.version >= held.version:
        record.slices[owner.identifier] = Held(owner.version, evidence)


def _erase(record: LearnerRecord, identifiers: Iterable[str]) -> None:
    """Forget what was done under these identifiers and all that was told, once; seats are the offerings' to say."""
    gone = set(identifiers) - set(record.erased)
    if not gone:
        return
    record.erased = sorted({*record.erased, *gone})
    record.slices = {name: held for name, held in record.slices.items() if name not in gone}
    record.told, record.progress, record.earlier = {}, {}, {}
    record.told_since = record.version + 1


def _evidence(record: LearnerRecord) -> Slice:
    """Return the evidence of all identifiers together."""
    slices = [held.evidence for _, held in sorted(record.slices.items()) if held.evidence is not None]
    if len(slices) == 1:
        return slices[0]
    whole = Slice()
    for evidence in slices:
        whole.merge(evidence)
    return whole


def _look(
    record: LearnerRecord,
    program_id: str,
    register: Register[Enrolled],
    evidence: Slice,
    seats: Seats,
    catalog: Catalog,
    clock: Clock,
) -> Looked:
    """Return the journey, and when the learner withdrew if they did; or a row that waits for its program."""
    active = _active(register)
    last = register.last
    if last is None or not active:
        return unknown_program_row(program_id, register.entries[-1])
    enrolled = _enrollment(active)
    program = _program(program_id, active, catalog)
    if program is None:
        return unknown_program_row(program_id, enrolled)
    ended = None if last.content.active else Ended(register.since(last), last.order[2])
    own = clock if ended is None else clock.stopped(ended.at)
    return Journey(record.learner, program, enrolled, evidence, seats, own), ended


def _active(register: Register[Enrolled]) -> list[Entry[Enrolled]]:
    return [entry for entry in register.entries if entry.content.active]


def _program(program_id: str, active: list[Entry[Enrolled]], catalog: Catalog) -> Program | None:
    """Return the version of the program that the learner began with; None where nobody has published any."""
    first = min((entry.first for entry in active), default=None)
    return None if first is None else catalog.version_for(program_id, first[0])


def _enrollment(active: list[Entry[Enrolled]]) -> Entry[Enrolled]:
    """Return the enrollment: the last word on cohort and zone, since the first time that it was said at all.

    Who withdrew and is enrolled again goes on where they were: it is the same attempt.
    """
    current = active[-1]
    first = min(active, key=lambda entry: entry.first)
    known_at = min(entry.known_at for entry in active)
    return Entry(current.content, current.order, current.order_at, first.first, first.first_at, known_at)


def _gaps(
    record: LearnerRecord, journey: Journey, ended: Ended | None, catalog: Catalog, clock: Clock
) -> dict[str, StandingGap]:
    own = clock if ended is None else clock.stopped(ended.at)
    rules = JOURNEY_RULES if clock.covers(journey.known_at) else {}
    subject = Subject(
        tenant=record.tenant,
        kind="journey",
        id=journey.id,
        learner=record.learner,
        program=journey.program.id,
        compliance=journey.program.compliance,
        ended=ended,
    )
    return standing_gaps(
        subject,
        {gap: tuple(rule.find(journey, own)) for gap, rule in rules.items()},
        journey.settings,
        TOLD_BY,
        catalog.tracking_from,
    )


def _project(
    record: LearnerRecord,
    rows: list[JourneyRow],
    seats: Seats,
    catalog: Catalog,
    clock: Clock,
    changes: tuple[AnyChange, ...],
    at: int,
) -> tuple[Message, ...]:
    row = LearnerProjected(
        tenant=record.tenant,
        learner=record.learner,
        version=0,
        as_of=0,
        journeys=tuple(rows),
        seats=tuple(seat_row(seat, catalog, rows, clock) for seat in seats.held),
        gaps=tuple(record.told.values()),
        told_since=record.told_since,
    )
    digest = digest_of(row)
    nothing_ever = not record.shown and not (row.journeys or row.seats or row.gaps)
    if nothing_ever or (digest == record.shown and not changes):
        return ()
    record.shown = digest
    record.version += 1
    return (replace(row, version=record.version, as_of=at, changes=changes),)


PROCESSOR: Processor[LearnerRecord, LearnerMessage] = Processor(Topic.LEARNERS, LearnerRecord, evolve, assess, reads)
