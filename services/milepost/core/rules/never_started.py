"""Never started: enrolled, and no sign of life on any step.

Counted from the enrollment, or from the day the program opens if that is later. Any activity at all resolves it,
whatever its kind.
"""

from collections.abc import Iterator

from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.instants import HOUR
from milepost_schemas.words import Audience, Severity

TITLE = "Never started"
WHY = "{learner} was enrolled {enrolled_at} and has begun nothing since."
CLOSES_WHEN = "Closes when any step is begun."
TOLD: tuple[Audience, ...] = ("learner", "coordinator")
PATIENCE = Offset(7, Unit.DAY)
NEAR = 72 * HOUR


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a journey that nobody has begun, once every source has been silent long enough."""
    due_at = journey.patience("never_started", journey.begins_at, PATIENCE)
    if journey.shows_life_by(due_at):
        return
    if not clock.reached(due_at, journey.program.sources, journey.known_at):
        return
    yield Breach(
        place=Place(),
        since=due_at,
        severity=_severity(journey, clock),
        shown_by=(journey.enrolled.fact_id,),
        ended=journey.first_sign_of_life,
        values={"enrolled_at": journey.enrolled_at},
    )


def _severity(journey: Journey, clock: Clock) -> Severity:
    starts = (s.session.start_at for live in journey.live_steps for s in live.sittings if s.is_active)
    return "high" if any(clock.passed(start_at - NEAR) for start_at in starts) else "warning"
