"""What has been told of a journey's progress: steps completed and reopened, stages entered and left again."""

from typing import Any

from msgspec import Struct

from milepost.core.journey import Journey
from milepost_schemas.changes import (
    AnyChange,
    JourneyCompleted,
    StageEntered,
    StageRegressed,
    StepCompleted,
    StepReopened,
)
from milepost_schemas.words import Stage


class Progress(Struct, array_like=True):
    """The steps that were told to be done, the stage that was told, and whether the journey was told to be complete."""

    done: list[str] = []
    stage: Stage | None = None
    completed: bool = False


def tell_progress(tenant: str, journey: Journey, told: Progress, at: int) -> tuple[Progress, tuple[AnyChange, ...]]:
    """Return what is told from now on, and the changes that say so; `at` is when they are said."""
    said: dict[str, Any] = {"tenant": tenant, "at": at, "learner": journey.learner, "program": journey.program.id}
    changes: list[AnyChange] = []
    for standing in journey.steps:
        if standing.done is not None and standing.step.id not in told.done:
            done_at, by = standing.done.at, standing.done.by
            changes.append(StepCompleted(**said, step=standing.step.id, done_at=done_at, by=by))
        if standing.done is None and standing.step.id in told.done:
            changes.append(StepReopened(**said, step=standing.step.id))
    stage = journey.stage
    if stage is not None and stage != told.stage:
        stages = journey.program.stages
        back = told.stage in stages and stages.index(stage) < stages.index(told.stage)
        changes.append(StageRegressed(**said, stage=stage) if back else StageEntered(**said, stage=stage))
    if journey.completed is not None and not told.completed:
        changes.append(JourneyCompleted(**said))
    done = [standing.step.id for standing in journey.steps if standing.done is not None]
    return Progress(done, stage, journey.completed is not None), tuple(changes)
