from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from milepost.broker.outbox import NotDelivered
from milepost.runtimes.loops import Loop, Loops, Perseverance, Turn
from milepost.tracker.setting_aside import TooManyDeadLetters


def loop(name: str, turn: Callable[[], None]) -> Loop:
    @contextmanager
    def opened() -> Iterator[Turn]:
        yield turn

    return Loop(name, opened)


def failing(error: BaseException, *, after: Event) -> Callable[[], None]:
    """Return a turn that waits for its moment, and then fails."""

    def turn() -> None:
        assert after.wait(10)
        raise error

    return turn


def waiting_and_stopping() -> tuple[Loops, Event]:
    """Return loops of which the first waits for its acknowledgments, and the second has to stop the process."""
    abandoned = Event()
    waiting = loop("relaying", failing(NotDelivered("1 messages are not acknowledged"), after=abandoned))
    now = Event()
    now.set()
    stopping = loop("filing", failing(TooManyDeadLetters("21 messages of facts in a row"), after=now))
    return Loops([waiting, stopping], abandon=abandoned.set), abandoned


def test_the_error_that_came_first_counts_and_not_what_followed_from_the_end() -> None:
    loops, abandoned = waiting_and_stopping()

    with pytest.raises(TooManyDeadLetters):
        loops.run(Event())

    assert abandoned.is_set()


def test_a_process_whose_loop_has_to_stop_it_does_not_begin_again() -> None:
    loops, _ = waiting_and_stopping()
    process, stopping = Perseverance("archive"), Event()

    def attempt() -> None:
        try:
            process.run(loops, stopping)
        finally:
            stopping.set()

    assert process.keep_on(stopping, attempt) == 1


def test_an_attempt_that_is_given_up_is_counted_and_begun_again() -> None:
    given_up: list[str] = []
    process, stopping = Perseverance("ticker", begins_again=lambda: given_up.append("a round")), Event()

    def attempt() -> None:
        stopping.set()
        raise NotDelivered("1 messages are not acknowledged")

    assert process.keep_on(stopping, attempt) == 0
    assert given_up == ["a round"]
    assert process.ready() == "it begins again after NotDelivered"
