"""What is said again, taken back and said once more, moved after it was closed: none of it changes what came before."""

from milepost.core.register import Register
from milepost_schemas.facts import LearnerEnrolled


def said(at: int, fact_id: str) -> LearnerEnrolled:
    return LearnerEnrolled(
        tenant="t", fact_id=fact_id, source="office", occurred_at=at, recorded_at=at, received_at=at, program="p"
    )


def booked(*moments: tuple[str, int]) -> Register[str]:
    register: Register[str] = Register()
    for content, at in moments:
        register.say(content, said(at, f"f{at}"))
    return register


def test_a_seat_booked_again_and_repeated_every_night_holds_since_it_was_booked_again() -> None:
    nightly = [("booked", at) for at in range(20, 60)]

    register = booked(("booked", 10), ("canceled", 12), ("booked", 14), *nightly)

    assert register.last is not None
    assert register.since(register.last) == 14


def test_a_cancellation_that_arrives_late_parts_the_bookings_all_the_same() -> None:
    register = booked(("booked", 10), ("booked", 14), ("booked", 20), ("canceled", 12))

    assert register.last is not None
    assert register.since(register.last) == 14
