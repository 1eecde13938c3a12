"""Sources: up to when each was heard, and whether it has been silent for too long."""

from dataclasses import replace

from msgspec import Struct, field

from milepost.core.catalog import Catalog, Source, source_of
from milepost.core.clock import Clock, Ticked
from milepost.core.gap import Ended
from milepost.core.processor import Processor, Waits
from milepost.core.program import RuleSettings
from milepost.core.register import Register
from milepost.core.rules import SOURCE_RULES
from milepost.core.said import digest_of
from milepost.core.source import Silence, SourceStanding
from milepost.core.standing import Subject, standing_gaps
from milepost.core.told import tell
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared, SourceHeard
from milepost_schemas.messages import SourceRedeclared, Tick
from milepost_schemas.projections import GapRow, SourceProjected
from milepost_schemas.topics import Said, SourceMessage, Topic

SILENCES_KEPT = 8


class Sign(Struct, array_like=True, frozen=True):
    """A sign of life."""

    at: int
    fact_id: str
    received_at: int


class Pause(Struct, array_like=True, frozen=True):
    """The time between two signs of life that follow each other."""

    began: Sign
    ended: Sign

    @property
    def length(self) -> int:
        """How long it was, in milliseconds."""
        return self.ended.at - self.began.at


class Declared(Struct, array_like=True, frozen=True):
    """What was declared; minutes."""

    kind: str
    rhythm: int | None
    settling: int
    lateness: int


class SourceRecord(Struct, array_like=True):
    """Everything about one source."""

    tenant: str
    name: str
    version: int = 0
    ticked: Ticked = field(default_factory=Ticked)
    seen_at: int = 0
    declared: Register[Declared] = field(default_factory=Register)
    first: Sign | None = None
    last: Sign | None = None
    pauses: list[Pause] = []
    import_began: Sign | None = None
    import_finished: Sign | None = None
    told: dict[str, GapRow] = {}
    said: bytes = b""
    """A digest of the row as it was last shown, without its version and changes."""

    declared_said: bytes = b""
    """A digest of what was last shown as declared."""


def evolve(record: SourceRecord | None, key: str, message: SourceMessage | Tick) -> SourceRecord:
    """Take in what a source, or an administrator about it, said; or a tick."""
    if record is None:
        tenant, name = key.split("/", 1)
        record = SourceRecord(tenant, name)
    if isinstance(message, Tick):
        record.ticked.take(message)
        return record
    record.seen_at = max(record.seen_at, message.received_at)
    sign = Sign(message.occurred_at, message.fact_id, message.received_at)
    match message:
        case SourceDeclared():
            said = Declared(message.kind, message.rhythm, message.settling, message.lateness)
            record.declared.say(said, message)
        case ImportBegan():
            record.import_began = _later(record.import_began, sign)
        case ImportFinished():
            record.import_finished = _later(record.import_finished, sign)
        case SourceHeard():
            pass
    _hear(record, sign)
    return record


def assess(record: SourceRecord, catalog: Catalog) -> tuple[SourceRecord, tuple[Said, ...], Waits]:
    """State how the source stands, and what has changed."""
    clock = Clock(record.ticked)
    declared = record.declared.last.content if record.declared.last is not None else None
    rhythm = None if declared is None else declared.rhythm
    view = SourceStanding(record.name, rhythm, _silences(record))
    subject = Subject(record.tenant, "source", record.name, source=record.name)
    findings = {gap: tuple(rule.find(view, clock)) for gap, rule in SOURCE_RULES.items()}
    told_by = {gap: rule.TOLD for gap, rule in SOURCE_RULES.items()}
    standing = standing_gaps(subject, findings, lambda _: RuleSettings(), told_by, catalog.tracking_from)
    at = max(record.ticked.at, record.seen_at)
    record.told, changes = tell(record.tenant, record.told, standing, at)
    row = _row(record, declared, rhythm)
    digest = digest_of(row)
    if record.said == digest and not changes:
        return record, (), clock.waits
    record.version += 1
    record.said = digest
    shown = replace(row, version=record.version, as_of=at, changes=changes)
    return record, (shown, *_redeclared(record, row)), clock.waits


def _redeclared(record: SourceRecord, row: SourceProjected) -> tuple[SourceRedeclared, ...]:
    """Say that others read this source otherwise from now on, if they do."""
    digest = digest_of(source_of(row))
    if digest == (record.declared_said or digest_of(Source(record.name))):
        return ()
    record.declared_said = digest
    return (SourceRedeclared(tenant=record.tenant, source=record.name, version=record.version),)


def _hear(record: SourceRecord, sign: Sign) -> None:
    """Take in a sign of life; one that lies within a pause parts it in two."""
    if record.last is None or record.first is None:
        record.first = record.last = sign
        return
    if sign.at > record.last.at:
        record.pauses.append(Pause(record.last, sign))
        record.last = sign
    elif sign.at < record.first.at:
        record.pauses.append(Pause(sign, record.first))
        record.first = sign
    else:
        record.first, record.last = _of_both(record.first, sign), _of_both(record.last, sign)
        record.pauses = [part for pause in record.pauses for part in _parted(pause, sign)]
    record.pauses = _kept(record.pauses)


def _parted(pause: Pause, sign: Sign) -> tuple[Pause, ...]:
    if not pause.began.at < sign.at < pause.ended.at:
        return (Pause(_of_both(pause.began, sign), _of_both(pause.ended, sign)),)
    return (Pause(pause.began, sign), Pause(sign, pause.ended))


def _of_both(one: Sign, other: Sign) -> Sign:
    """Return the first of two signs, or of two at one moment the one that any order of arrival would keep."""
    return min(one, other, key=lambda sign: sign.fact_id) if one.at == other.at else one


def _kept(pauses: list[Pause]) -> list[Pause]:
    """Keep the latest pauses and the longest ones."""
    ordered = sorted(pauses, key=lambda pause: pause.began.at)
    longest = sorted(ordered, key=lambda pause: pause.length)[-SILENCES_KEPT:]
    return [pause for pause in ordered if pause in longest or pause in ordered[-SILENCES_KEPT:]]


def _silences(record: SourceRecord) -> tuple[Silence, ...]:
    """Return the latest silence that lasts or was too long: its gap is one, so only one is stated."""
    declared = record.declared.last
    if declared is None or declared.content.rhythm is None or record.last is None:
        return ()
    lasting = Silence(record.last.at, record.last.fact_id, record.last.received_at, None)
    limit = declared.content.rhythm * 60_000
    too_long = [pause for pause in record.pauses if pause.length >= limit][-1:]
    past = [
        Silence(p.began.at, p.began.fact_id, p.began.received_at, Ended(p.ended.at, p.ended.fact_id)) for p in too_long
    ]
    # The later statement of one gap counts, and a silence that lasts too long is later than any that has ended.
    return (*past, lasting)


def _row(record: SourceRecord, declared: Declared | None, rhythm: int | None) -> SourceProjected:
    began, finished = record.import_began, record.import_finished
    importing = began is not None and (finished is None or began.at > finished.at)
    importing_since = began.at if importing and began is not None else None
    last = None if record.last is None else record.last.at
    return SourceProjected(
        tenant=record.tenant,
        source=record.name,
        version=0,
        as_of=0,
        kind=None if declared is None else declared.kind,
        rhythm=rhythm,
        settling=90 if declared is None else declared.settling,
        lateness=240 if declared is None else declared.lateness,
        last_heard_at=last,
        importing_since=importing_since,
        heard_until=importing_since if importing_since is not None else last if rhythm is not None else None,
        gaps=tuple(record.told.values()),
    )


def _later(one: Sign | None, other: Sign) -> Sign:
    return other if one is None or (other.at, other.fact_id) > (one.at, one.fact_id) else one


PROCESSOR: Processor[SourceRecord, SourceMessage] = Processor(Topic.SOURCES, SourceRecord, evolve, assess)
