"""eLearning done, live part missed: what comes first is done, a chance to attend is used up, and it is not made up.

A chance is used up by a session that was missed, by a seat given up at the last moment, or by the due of the live
step. There is one gap per journey and live step; the missed sessions are its occurrences. An active seat mitigates
it, and goes on doing so after that session until its outcome is known.
"""

from collections.abc import Iterator

from milepost.core.attendance import Lost, all_satisfied, late_cancellations, lost_chances, plan, prework
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.journey import Journey, StepStanding
from milepost_schemas.words import Audience

TITLE = "eLearning done, live part missed"
WHY = "{learner} finished {steps} and missed {sessions}."
WHY_NO_SESSION = "{learner} finished {steps}, and the time for {step} passed without a session."
CLOSES_WHEN = "Closes when the live part is attended on another date; a confirmed seat holds it."
TOLD: tuple[Audience, ...] = ("coordinator", "manager")


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of each gated live step whose chances are used up."""
    for live in journey.live_steps:
        before = prework(journey, live)
        ready = all_satisfied(before)
        chances = (*lost_chances(live), *late_cancellations(live), *_due_passed(journey, live, clock))
        if ready is None or not chances:
            continue
        since = max(ready.at, min(lost.at for lost in chances))
        end = live.satisfied
        if end is not None and end.at <= since:
            continue
        missed = sorted({s.name for lost in chances for s in lost.missed})
        facts = (*(fact for fact in (ready.by,) if fact), *(fact for lost in chances for fact in lost.shown_by))
        yield Breach(
            place=Place(step=live.step.id),
            since=since,
            severity="high",
            shown_by=tuple(dict.fromkeys(facts)),
            ended=end,
            plan=plan(journey, live),
            occurrences=tuple(missed),
            values={"steps": tuple(s.step.id for s in before), "step": live.step.id, "sessions": tuple(missed)},
        )


def _due_passed(journey: Journey, live: StepStanding, clock: Clock) -> tuple[Lost, ...]:
    """Return the chance that the live step's due used up; a session of which nothing is known yet holds it."""
    due_at = live.due_at
    if due_at is None or (live.satisfied is not None and live.satisfied.at <= due_at):
        return ()
    waiting = any(s.outcome == "unknown" and s.is_active and s.session.end_at <= due_at for s in live.sittings)
    if waiting or not clock.reached(due_at, live.step.sources, max(live.known_at, journey.known_at)):
        return ()
    return (Lost(due_at, live.set_by),)
