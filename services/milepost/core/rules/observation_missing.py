"""Observation missing: a sign-off on the job is due, and nobody has given it."""

from collections.abc import Iterator

from milepost.core.attendance import first_end
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.journey import Journey, StepStanding
from milepost_schemas.words import Audience

TITLE = "Observation missing"
WHY = "{learner} has no sign-off for {step}; it was due {due_at}."
CLOSES_WHEN = "Closes when it is signed off by {roles}."
TOLD: tuple[Audience, ...] = ("manager", "coordinator")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per required observation, or occurrence of one, that was not signed off in time."""
    for standing in journey.steps:
        if not standing.step.is_observation or not standing.step.required:
            continue
        if standing.step.each is None:
            yield from _look(journey, standing, "", standing.due_at, standing.satisfied, standing.known_at, clock)
        for one in standing.occurrences:
            done = first_end(None if one.done is None else Ended(one.done.at, one.done.by[-1]), standing.waived)
            yield from _look(journey, standing, f".{one.number}", one.due_at, done, one.known_at, clock)


def _look(
    journey: Journey,
    standing: StepStanding,
    suffix: str,
    due_at: int | None,
    done: Ended | None,
    known_at: int,
    clock: Clock,
) -> Iterator[Finding]:
    if due_at is None:
        return
    late_from = journey.grace("observation_missing", due_at)
    if done is not None and done.at <= late_from:
        return
    if clock.reached(late_from, (), known_at):
        step = standing.step.id + suffix
        yield Breach(
            place=Place(step=step),
            since=due_at,
            severity="high",
            shown_by=standing.set_by,
            ended=done,
            values={"step": step, "due_at": due_at, "roles": standing.step.roles},
        )
