"""How often generated stories have what is hard: counted over a sample that is always the same."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from milepost_schemas.facts import (
    ActivityReported,
    AttendanceMarked,
    ImportBegan,
    LearnerWithdrawn,
    OfferingScheduled,
    ParticipantJoined,
    SeatChanged,
    StepWaived,
)
from milepost_schemas.messages import AboutActor, FactRevoked, IdentityDecided, ProgramPublished
from tests.laws.stories import LATE, Story

COUNTED: dict[str, float] = {}
"""What the sample came to, in percent; empty until it is drawn."""


def revocations(story: Story) -> bool:
    """Say whether a fact is withdrawn that a program reads."""
    known = {fact.fact_id for fact in story.of(ActivityReported) if fact.activity != "a:unheard-of"}
    return any(revoked.target in known for revoked in story.of(FactRevoked))


def moves(story: Story) -> bool:
    """Say whether a session is moved in which somebody has a seat."""
    times: dict[tuple[str, str], set[int]] = {}
    for offering in story.of(OfferingScheduled):
        for plan in offering.sessions:
            times.setdefault((offering.offering, plan.session), set()).add(plan.start_at)
    seated = {seat.offering for seat in story.of(SeatChanged)}
    return any(len(starts) > 1 and offering in seated for (offering, _), starts in times.items())


def canceled_seats(story: Story) -> bool:
    """Say whether a seat is given up, or taken back, in an offering that exists."""
    offerings = {offering.offering for offering in story.of(OfferingScheduled)}
    return any(seat.state == "canceled" and seat.offering in offerings for seat in story.of(SeatChanged))


def canceled_sessions(story: Story) -> bool:
    """Say whether a session is canceled in which somebody has a seat."""
    canceled = {o.offering for o in story.of(OfferingScheduled) for plan in o.sessions if plan.canceled}
    return any(seat.offering in canceled for seat in story.of(SeatChanged))


def late_facts(story: Story) -> bool:
    """Say whether something of a learner's own is heard of a day or more after it happened."""
    kinds = (ActivityReported, SeatChanged, AttendanceMarked, ParticipantJoined)
    return any(fact.received_at - fact.occurred_at >= LATE for fact in story.of(*kinds))


def tied_facts(story: Story) -> bool:
    """Say whether two facts about one thing, which say different things, stand at the same place but for their ids."""
    said: dict[Hashable, set[Hashable]] = {}
    for message in story.said:
        if isinstance(message, AboutActor):
            place, content = _place(message)
            if place is not None:
                said.setdefault((message.actor, place), set()).add(content)
    return any(len(contents) > 1 for contents in said.values())


def _place(message: AboutActor) -> tuple[Hashable, Hashable]:
    fact = message.fact
    match fact:
        case ActivityReported():
            return ("activity", fact.activity, fact.occurred_at), (fact.claims, fact.score, fact.progress)
        case SeatChanged():
            return ("seat", fact.offering, fact.recorded_at), (fact.state, fact.canceled_by)
        case AttendanceMarked():
            return ("mark", fact.offering, fact.session, fact.channel, fact.rank, fact.recorded_at), fact.mark
        case StepWaived():
            return ("waiver", fact.step, fact.recorded_at), fact.waived
        case _:
            return None, None


HARD: dict[str, Callable[[Story], bool]] = {
    "revocations": revocations,
    "moves": moves,
    "canceled seats": canceled_seats,
    "canceled sessions": canceled_sessions,
    "late facts": late_facts,
    "tied facts": tied_facts,
    "withdrawals": lambda story: bool(story.of(LearnerWithdrawn)),
    "links": lambda story: bool(story.of(IdentityDecided)),
    "imports": lambda story: bool(story.of(ImportBegan)),
    "two versions": lambda story: len(story.of(ProgramPublished)) > 1,
}


def percentages(stories: Iterable[Story]) -> dict[str, float]:
    """Return in how many of a hundred stories each hard thing happens."""
    every = list(stories)
    hits = Counter(name for story in every for name, has in HARD.items() if has(story))
    return {name: 100 * hits[name] / len(every) for name in HARD}


def line(counted: dict[str, float]) -> str:
    """Return the figures as one line."""
    return ", ".join(f"{name} {percent:.0f} %" for name, percent in counted.items())
