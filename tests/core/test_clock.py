"""The clock of a record: it moves by ticks alone, and remembers what silence it waits for."""

from milepost.core.clock import Clock, Ticked
from milepost_schemas.messages import HeardUntil, Tick
from tests.core.builders import TENANT


def ticked(*ticks: tuple[int, dict[str, int]]) -> Ticked:
    state = Ticked()
    for at, lagging in ticks:
        until = tuple(HeardUntil(source=source, until=moment) for source, moment in lagging.items())
        state.take(Tick(tenant=TENANT, at=at, lagging=until))
    return state


def test_a_record_that_was_never_ticked_has_reached_nothing() -> None:
    clock = Clock(Ticked())

    assert not clock.reached(1, (), 0)
    assert not clock.reached(1, ("lms",), 0)
    assert not clock.covers(1)


def test_a_moment_is_reached_by_the_tick_that_names_it() -> None:
    clock = Clock(ticked((10, {})))

    assert clock.reached(10, (), 0)
    assert clock.reached(10, ("lms",), 10)
    assert not clock.reached(11, (), 0)
    assert clock.passed(10)
    assert not clock.passed(11)


def test_an_earlier_tick_changes_nothing() -> None:
    assert ticked((10, {}), (5, {"lms": 3})) == ticked((10, {}))


def test_a_source_that_lags_was_heard_only_up_to_its_last_sign_of_life() -> None:
    clock = Clock(ticked((10, {"lms": 4})))

    assert clock.reached(4, ("lms",), 0)
    assert not clock.reached(5, ("lms",), 0)
    assert clock.reached(10, ("zoom",), 0)
    assert not clock.reached(10, ("lms", "zoom"), 0)


def test_what_was_heard_never_goes_back() -> None:
    clock = Clock(ticked((10, {"lms": 8}), (20, {"lms": 4, "zoom": 2})))

    assert clock.reached(8, ("lms",), 0)
    assert not clock.reached(9, ("lms",), 0)
    assert clock.reached(10, ("zoom",), 0)
    assert not clock.reached(11, ("zoom",), 0)


def test_a_source_that_speaks_again_lags_no_more() -> None:
    state = ticked((10, {"lms": 4}), (20, {}))

    assert state.lagging == {}
    assert state.heard("lms") == 20


def test_nothing_is_reached_before_a_tick_covers_what_set_it() -> None:
    clock = Clock(ticked((10, {})))

    assert not clock.reached(5, (), 11)
    assert not clock.reached(5, ("lms",), 11)
    assert clock.reached(5, ("lms",), 10)
    assert clock.waits == (("", 11),)


def test_it_waits_for_the_earliest_moment_of_each_source() -> None:
    clock = Clock(ticked((10, {"lms": 4})))
    for moment in (30, 20, 40):
        clock.reached(moment, ("lms", "zoom"), 0)
        clock.passed(moment + 5)

    assert clock.waits == (("", 25), ("lms", 20), ("zoom", 20))


def test_it_waits_for_nothing_where_everything_is_reached() -> None:
    clock = Clock(ticked((10, {})))
    clock.reached(10, ("lms",), 10)

    assert clock.waits == ()


def test_a_stopped_clock_reaches_nothing_later_and_waits_for_nothing_later() -> None:
    clock = Clock(ticked((10, {})))
    stopped = clock.stopped(7)

    assert stopped.reached(7, (), 0)
    assert not stopped.reached(8, (), 0)
    assert not stopped.reached(20, ("lms",), 0)
    assert stopped.covers(10)
    assert not clock.waits
    assert not clock.stopped(30).reached(20, (), 0)
    assert clock.waits == (("", 20),)
