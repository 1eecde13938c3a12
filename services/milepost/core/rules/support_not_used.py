"""Support not used: the live part is done for a month, and the job aid was never opened."""

from collections.abc import Iterator

from milepost.core.attendance import all_satisfied, first_end
from milepost.core.calendar import Offset, Unit
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey
from milepost_schemas.words import Audience

TITLE = "Support not used"
WHY = "{learner} finished the live part {live_at} and has not opened {step} since."
CLOSES_WHEN = "Closes when it is opened."
TOLD: tuple[Audience, ...] = ("coordinator",)
PATIENCE = Offset(30, Unit.DAY)


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per job aid that nobody opened; for an optional one it is only information."""
    live = all_satisfied(journey.live_steps)
    aids = [s for s in journey.steps if s.step.stage == "support" and s.step.evidence is not None and not s.step.each]
    if live is None:
        return
    since = journey.patience("support_not_used", live.at, PATIENCE)
    known_at = max(journey.known_at, *(s.known_at for s in journey.live_steps))
    for aid in aids:
        used = first_end(journey.first_sign_on((aid,)), aid.satisfied)
        if used is not None and used.at <= since:
            continue
        if clock.reached(since, aid.step.sources, known_at):
            yield Breach(
                place=Place(step=aid.step.id),
                since=since,
                severity="warning" if aid.step.required else "info",
                shown_by=tuple(fact for s in journey.live_steps if s.done for fact in s.done.by),
                ended=used,
                values={"live_at": live.at, "step": aid.step.id},
            )
