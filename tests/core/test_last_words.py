"""What counts of several sayings, whatever the order in which they came."""

from itertools import permutations

import msgspec

from milepost.core.processors.sources import SourceRecord
from milepost_schemas.messages import AboutActor
from milepost_schemas.topics import Message, Topic
from tests.core.builders import (
    ANA,
    TENANT,
    World,
    declared,
    elearning,
    heard,
    live,
    program,
    roster_closed,
    scheduled,
    session,
    world,
)
from tests.laws.delivery import differences, evidence


def excuses(*said: Message) -> World:
    """Return a world in which Ana has a seat in a session whose roster is closed, and these excuses."""
    seated = world(
        program(elearning(), live()),
        (ANA.enrolled(), ANA.passed(), ANA.booked("S")),
        scheduled("S", session("Thu 10 10:00")),
        roster_closed("S", "Thu 10 12:00"),
    )
    return seated.take(*said).tick("Thu 10 13:00")


def test_who_is_excused_from_all_can_be_expected_in_one_session() -> None:
    from_all = ANA.excused("S", "Wed 9 10:00")
    but_this = ANA.excused("S", "Wed 9 12:00", excused=False, session="1")

    assert excuses(from_all).outcome() == "excused"
    assert excuses(from_all, but_this).outcome() == "absent"
    assert excuses(but_this, from_all).outcome() == "absent"


def test_a_later_excuse_from_all_counts_for_every_session() -> None:
    not_this = ANA.excused("S", "Wed 9 10:00", excused=False, session="1")
    from_all = ANA.excused("S", "Wed 9 12:00")

    assert excuses(not_this, from_all).outcome() == "excused"
    assert excuses(from_all, not_this).outcome() == "excused"


def test_the_first_report_of_enough_progress_counts_however_many_came_before_it() -> None:
    watched = program(elearning(done="progress >= 0.9"))
    reports = [progress(f"Mon 7 10:{minute:02}", minute / 20) for minute in range(1, 21)]
    opened_again = [progress("Tue 8 10:00", 0.0), progress("Tue 8 11:00", 0.05), progress("Tue 8 12:00", 0.1)]

    seen = world(watched, ANA.enrolled(), *reports).take(*opened_again).tick("Wed 9 10:00")

    assert seen.step("e") == "done"
    assert seen.journey().steps[0].shown_by == (reports[17].fact.fact_id,)


def test_a_report_that_comes_late_leaves_the_same_evidence_as_one_in_time() -> None:
    reports = [progress(f"Mon 7 10:{minute:02}", minute / 20) for minute in range(1, 21)]
    late = progress("Mon 7 09:00", 0.83)
    before = world(program(elearning()), ANA.enrolled())

    in_time = before.take(late, *reports)
    at_last = world(program(elearning()), ANA.enrolled()).take(*reports).take(late)

    assert differences(evidence(in_time.keep), evidence(at_last.keep)) == []


def test_of_two_signs_of_life_at_one_moment_the_same_is_kept_in_any_order() -> None:
    signs = [heard("lms", when, fact_id=name) for name, when in zip("abc", MOMENTS, strict=True)]

    kept = [pauses(order) for order in permutations(signs)]

    assert all(found == kept[0] for found in kept)


MOMENTS = ("Mon 7 10:00", "Mon 7 10:00", "Mon 7 20:00")


def progress(when: str, share: float) -> AboutActor:
    """Return a report that Ana is so far."""
    said = ANA.did("e", "answered", when, progress=share)
    assert isinstance(said, AboutActor)
    return said


def pauses(signs: tuple[Message, ...]) -> object:
    """Return what a source's record holds of its silences after these signs, each taken in alone."""
    spoken = world(declared("lms", rhythm=60))
    for sign in signs:
        spoken.take(sign)
    record = msgspec.msgpack.decode(spoken.keep._records[Topic.SOURCES][f"{TENANT}/lms"], type=SourceRecord)
    return record.first, record.last, record.pauses
