"""Repeated no-show: two or more offerings of a step in a row were missed.

Parts of one offering count once. A missed part that was not needed, an excused seat and a canceled session neither
count nor interrupt; attending does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from milepost.core.attendance import Lost, first_end, lost_chances
from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.journey import Journey, StepStanding
from milepost_schemas.words import Audience

TITLE = "Repeated no-show"
WHY = "{learner} missed {count} offerings of {step} in a row: {sessions}."
CLOSES_WHEN = "Closes at the next attendance."
TOLD: tuple[Audience, ...] = ("coordinator", "manager", "program_owner")
ENOUGH = 2


@dataclass
class _Run:
    missed: list[Lost] = field(default_factory=list)
    ended: Ended | None = None


def find(journey: Journey, clock: Clock) -> Iterator[Finding]:
    """Yield the latest run of missed offerings per live step."""
    del clock  # a seat is absent only once every channel is closed, which the offering concludes
    for live in journey.live_steps:
        runs = [run for run in _runs(live) if len(run.missed) >= ENOUGH]
        if not runs:
            continue
        run = runs[-1]
        since = run.missed[ENOUGH - 1].at
        yield Breach(
            place=Place(step=live.step.id),
            since=since,
            severity="high",
            shown_by=tuple(dict.fromkeys(fact for lost in run.missed for fact in lost.shown_by)),
            ended=first_end(run.ended, live.waived),
            values={
                "step": live.step.id,
                "count": len(run.missed),
                "sessions": tuple(s.name for lost in run.missed for s in lost.missed),
            },
        )


def _runs(live: StepStanding) -> list[_Run]:
    attended = [
        Ended(s.session.end_at, s.facts[-1] if s.facts else None) for s in live.sittings if s.outcome == "attended"
    ]
    signs: list[tuple[int, Lost | Ended]] = [(lost.at, lost) for lost in lost_chances(live)]
    signs += [(end.at, end) for end in attended]
    runs = [_Run()]
    for _, sign in sorted(signs, key=lambda pair: pair[0]):
        if isinstance(sign, Lost):
            runs[-1].missed.append(sign)
        else:
            runs[-1].ended = runs[-1].ended or sign
            runs.append(_Run())
    return runs
