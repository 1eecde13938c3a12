"""What each record has told so far, as pages have it: it depends on when things were heard, and no fact says it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from sqlalchemy import Connection, select
from sqlalchemy.sql.schema import Table

from milepost.core.steps_told import Progress
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.changes import StageEntered, StageRegressed, StepCompleted, StepReopened
from milepost_schemas.projections import GapRow, JourneyRow
from milepost_schemas.topics import Topic, join

Owner = tuple[Topic, str]
"""The topic of a record, and its key."""

HEADS: Mapping[Topic, tuple[str, Table]] = {
    Topic.SOURCES: ("source", shown.source_standings),
    Topic.OFFERINGS: ("offering", shown.offerings),
    Topic.LEARNERS: ("learner", shown.learners),
}

Step = StepCompleted | StepReopened | StageEntered | StageRegressed


@dataclass(slots=True)
class Told:
    """What one record has told: the version that said it last, its gaps, and the progress of its journeys."""

    version: int
    gaps: dict[str, GapRow] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=lambda: defaultdict(Progress))

    def take(self, change: Step) -> None:
        """Take in a step or stage that was told, in the order of telling."""
        progress = self.progress[change.program]
        match change:
            case StepCompleted():
                progress.done.append(change.step)
            case StepReopened():
                progress.done = [step for step in progress.done if step != change.step]
            case StageEntered() | StageRegressed():
                progress.stage = change.stage


def everything(connection: Connection) -> Mapping[Owner, Told]:
    """Return what every record that was ever shown has told."""
    found = dict(_heads(connection))
    for owner, gap in _gaps(connection):
        if owner in found:
            found[owner].gaps[gap.gap_id] = gap
    _add_progress(connection, found)
    return found


def _heads(connection: Connection) -> Iterator[tuple[Owner, Told]]:
    for topic, (kind, table) in HEADS.items():
        for tenant, name, version in connection.execute(select(table.c.tenant, table.c[kind], table.c.version)):
            yield (topic, join(tenant, name)), Told(version)


def _gaps(connection: Connection) -> Iterator[tuple[Owner, GapRow]]:
    topics = {kind: topic for topic, (kind, _) in HEADS.items()}
    rows = select(shown.gaps.c.tenant, shown.gaps.c.owner_kind, shown.gaps.c.owner, shown.gaps.c.row)
    for tenant, kind, owner, row in connection.execute(rows.order_by(shown.gaps.c.gap_id)):
        yield (topics[kind], join(tenant, owner)), read(GapRow, row)


def _add_progress(connection: Connection, found: Mapping[Owner, Told]) -> None:
    """Add the steps and stages that changes have told, and which journeys are shown as complete."""
    kinds: dict[str, type[Step]] = {str(kind.__dataclass_fields__["type"].default): kind for kind in get_args(Step)}
    changes = select(shown.changes.c.tenant, shown.changes.c.owner, shown.changes.c.type, shown.changes.c.row)
    changes = changes.where(shown.changes.c.type.in_(list(kinds))).order_by(shown.changes.c.number)
    for tenant, learner, kind, row in connection.execute(changes):
        told = found.get((Topic.LEARNERS, join(tenant, learner)))
        if told is not None:
            told.take(read(kinds[kind], row))
    journeys = select(shown.journeys.c.tenant, shown.journeys.c.learner, shown.journeys.c.row)
    for tenant, learner, row in connection.execute(journeys):
        told, journey = found.get((Topic.LEARNERS, join(tenant, learner))), read(JourneyRow, row)
        if told is not None and journey.completed_at is not None:
            told.progress[journey.program].completed = True
