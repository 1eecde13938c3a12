"""Sources: up to when each was heard, and its silences, whatever the order in which its signs come."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from milepost_schemas.instants import HOUR
from tests.core.builders import (
    ANA,
    World,
    declared,
    ended,
    heard,
    import_began,
    import_finished,
    moment,
    program,
    room,
    scheduled,
    session,
    world,
)
from tests.laws.delivery import standing

LMS = declared("lms", "Tue 1 07:00", rhythm=240)
BEGIN = moment("Mon 7 00:00")


def listened(*hours: int) -> World:
    """The LMS was heard at these hours of a week, in this order."""
    return world(LMS, [heard("lms", BEGIN + hour * HOUR) for hour in hours])


@given(st.lists(st.integers(0, 160), max_size=24), st.randoms(use_true_random=False))
def test_the_order_of_signs_and_repetitions_do_not_matter(hours: list[int], random: Random) -> None:
    one = listened(*hours).tick(BEGIN + 160 * HOUR)
    other = listened(*random.sample(hours, len(hours)), *hours[:3]).tick(BEGIN + 160 * HOUR)

    assert standing(one.keep) == standing(other.keep)


def test_of_two_signs_at_one_moment_the_same_one_is_the_last() -> None:
    signs = [heard("lms", "Mon 7 09:00", fact_id="a"), heard("lms", "Mon 7 09:00", fact_id="z")]
    for said in (signs, signs[::-1]):
        assert world(LMS, said).tick("Mon 7 13:00").gap("source_silent").shown_by == ("a",)


def test_a_source_with_a_rhythm_is_heard_up_to_its_last_sign_of_life() -> None:
    here = listened(3, 1)

    assert here.source("lms").heard_until == BEGIN + 3 * HOUR
    assert here.source("lms").last_heard_at == BEGIN + 3 * HOUR
    assert here.cascade.lagging("default", BEGIN + 5 * HOUR) == {"lms": BEGIN + 3 * HOUR}
    assert here.cascade.lagging("default", BEGIN + 3 * HOUR) == {}


def test_one_that_imports_is_heard_up_to_where_that_began() -> None:
    here = world(import_began("lms", "Mon 7 09:00"), heard("lms", "Mon 7 10:00"))
    assert here.source("lms").importing_since == moment("Mon 7 09:00")
    assert here.source("lms").heard_until == moment("Mon 7 09:00")

    here.take(import_finished("lms", "Mon 7 11:00"))

    assert here.source("lms").importing_since is None
    assert here.source("lms").heard_until is None


def test_an_import_that_finished_before_another_began_does_not_end_it() -> None:
    first = [import_began("lms", "Mon 7 09:00"), import_finished("lms", "Mon 7 11:00")]
    said = [*first, import_began("lms", "Mon 7 12:00")]

    for order in (said, said[::-1]):
        assert world(order).source("lms").importing_since == moment("Mon 7 12:00")


def test_a_sign_within_a_silence_parts_it_and_takes_back_what_it_said() -> None:
    here = listened(1).tick(BEGIN + 6 * HOUR)
    assert here.open() == ["source_silent()"]

    here.take(heard("lms", BEGIN + 8 * HOUR, received_at=BEGIN + 8 * HOUR))
    assert here.open() == []
    assert here.gap("source_silent").state == "resolved"


def test_what_is_declared_is_shown() -> None:
    row = world(declared("zoom", kind="zoom", settling=30, lateness=60)).source("zoom")

    assert (row.kind, row.rhythm, row.settling, row.lateness) == ("zoom", None, 30, 60)
    undeclared = world(heard("zoom", "Mon 7 09:00")).source("zoom")
    assert (undeclared.kind, undeclared.settling, undeclared.lateness) == (None, 90, 240)


def test_an_offering_waits_as_long_as_its_source_is_declared_to_settle_whenever_that_is_said() -> None:
    planned = scheduled("S", session("Mon 7 10:00", channels=(room(),)))
    here = world(program(), planned, ANA.enrolled(), ANA.booked("S"), ended("Mon 7 11:00")).tick("Mon 7 11:40")
    assert not here.offering().sessions[0].closed

    here.take(declared("zoom", settling=30)).tick("Mon 7 11:41")

    assert here.offering().sessions[0].closed


def test_an_offering_is_looked_at_again_when_its_program_is_published() -> None:
    here = world(scheduled("S", session("Mon 7 10:00")))
    assert here.offering().sessions[0].channels == ()

    here.take(program())

    assert [channel.channel for channel in here.offering().sessions[0].channels] == ["room"]
