"""What rules about a live step have in common: chances that were lost, plans that stand, and what had to come first."""

from collections.abc import Iterable

from msgspec import Struct

from milepost.core.gap import Ended, Plan
from milepost.core.journey import Journey, StepStanding
from milepost.core.seat import LATE_CANCELLATION, Sitting
from milepost_schemas.messages import SeatStated


class Lost(Struct, frozen=True):
    """A chance to attend that is used up: since when, and the sessions that were missed."""

    at: int
    shown_by: tuple[str, ...]
    missed: tuple[Sitting, ...] = ()


def prework(journey: Journey, live: StepStanding) -> tuple[StepStanding, ...]:
    """Return the required steps that should be done before the live one, by its gate."""
    if live.step.after is None:
        return ()
    before = (journey.step(step_id) for step_id in live.step.after.steps)
    return tuple(standing for standing in before if standing.step.required)


def all_satisfied(standings: Iterable[StepStanding]) -> Ended | None:
    """Return when the last of these steps was satisfied, or None while one is not, or where there is none."""
    ends = [standing.satisfied for standing in standings]
    known = [end for end in ends if end is not None]
    return max(known, key=lambda end: end.at) if known and len(known) == len(ends) else None


def sources(standings: Iterable[StepStanding]) -> tuple[str, ...]:
    """Return whose silence gates a conclusion about these steps."""
    return tuple(dict.fromkeys(source for standing in standings for source in standing.step.sources))


def lost_chances(live: StepStanding) -> tuple[Lost, ...]:
    """Return, per offering, when missed sessions made it impossible to attend enough of it.

    A missed session counts only if it was needed: its part was not attended before, and what remained of the
    offering, with what was attended, was not enough.
    """
    if not any(sitting.outcome == "absent" for sitting in live.sittings):
        return ()
    found = (_lost(live, offering) for offering in offerings_of(live))
    return tuple(lost for lost in found if lost is not None)


def late_cancellations(live: StepStanding) -> tuple[Lost, ...]:
    """Return the seats that the learner gave up less than a day before the start."""
    return tuple(
        Lost(sitting.seat.state_at, (sitting.seat.state_by or "",))
        for sitting in live.sittings
        if sitting.seat.state == "canceled"
        and sitting.seat.canceled_by == "learner"
        and sitting.seat.booked_at is not None
        if 0 <= sitting.session.start_at - sitting.seat.state_at < LATE_CANCELLATION
    )


def offerings_of(live: StepStanding) -> tuple[str, ...]:
    """Return the offerings in which the learner has or had a seat, in the order of their sessions."""
    return tuple(dict.fromkeys(sitting.seat.offering for sitting in live.sittings))


def seats_of(live: StepStanding) -> tuple[SeatStated, ...]:
    """Return the learner's seats for a step, each once, in the order of their sessions."""
    return tuple({sitting.seat.offering: sitting.seat for sitting in live.sittings}.values())


def plan(journey: Journey, live: StepStanding) -> Plan | None:
    """Return the confirmed seat, in time, for a part that is still needed; None where there is none.

    What remains of an offering that cannot suffice any more is no plan.
    """
    hopeless = {sitting.seat.offering for lost in lost_chances(live) for sitting in lost.missed}
    for sitting in live.sittings:
        in_time = journey.deadline_at is None or sitting.session.start_at <= journey.deadline_at
        if sitting.is_active and in_time and sitting.seat.offering not in hopeless and _is_needed(live, sitting):
            return Plan(sitting.seat.state_by)
    return None


def next_taken(live: StepStanding, after: int, besides: str) -> Ended | None:
    """Return the first confirmed seat that was taken after a moment in another offering, or that stands now.

    One that the learner gave up in good time is none; of any other that is gone another gap speaks.
    """
    taken = [
        Ended(max(seat.booked_at, after), seat.state_by)
        for seat in seats_of(live)
        if seat.offering != besides and seat.booked_at is not None and not _given_up_in_time(seat)
        if seat.booked_at > after or any(s.is_active for s in live.sittings if s.seat.offering == seat.offering)
    ]
    return min(taken, key=lambda end: (end.at, end.by or "")) if taken else None


def _given_up_in_time(seat: SeatStated) -> bool:
    by_learner = seat.state == "canceled" and seat.canceled_by != "provider"
    return by_learner and all(s.start_at - seat.state_at >= LATE_CANCELLATION for s in seat.sessions)


def first_end(*ends: Ended | None) -> Ended | None:
    """Return the earliest of these ends."""
    known = [end for end in ends if end is not None]
    return min(known, key=lambda end: (end.at, end.by or "")) if known else None


def _lost(live: StepStanding, offering: str) -> Lost | None:
    plan_of = live.step.live
    own = [sitting for sitting in live.sittings if sitting.seat.offering == offering]
    missed = [s for s in own if s.outcome == "absent" and not _attended_before(live, s)]
    alive = {s.session.part for s in own if s.outcome == "attended" or s.is_active}
    for sitting in sorted(missed, key=lambda s: s.session.end_at):
        at = sitting.session.end_at
        later = {s.session.part for s in missed if s.session.end_at > at}
        possible = alive | later | _parts_elsewhere(live, offering, at)
        if plan_of is not None and len(possible) < plan_of.attend:
            return Lost(at, tuple(fact for s in missed for fact in s.facts), tuple(missed))
    return None


def _parts_elsewhere(live: StepStanding, offering: str, until: int) -> set[int]:
    if live.step.live is None or live.step.live.make_up == "same_offering":
        return set()
    return {
        s.session.part
        for s in live.sittings
        if s.outcome == "attended" and s.seat.offering != offering and s.session.end_at <= until
    }


def _attended_before(live: StepStanding, sitting: Sitting) -> bool:
    return sitting.session.part in _parts_elsewhere(live, sitting.seat.offering, sitting.session.start_at)


def _is_needed(live: StepStanding, sitting: Sitting) -> bool:
    attended = {
        s.session.part
        for s in live.sittings
        if s.outcome == "attended"
        and (
            live.step.live is None
            or live.step.live.make_up == "any_offering"
            or s.seat.offering == sitting.seat.offering
        )
    }
    return sitting.session.part not in attended
