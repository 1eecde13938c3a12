"""Sessions that share one room, one soon after the other: what happened in one shows nothing of the other."""

from tests.core.builders import (
    ANA,
    BEN,
    World,
    elearning,
    ended,
    live,
    program,
    room,
    scheduled,
    session,
    started,
    world,
)

ONLINE = program(elearning(), live(channels={"remote": "zoom"}))


def a_morning_in_one_room(*said: object) -> World:
    """Return a world in which Ana has a seat from 10:00 to 11:00, and Ben one from 11:30 to 12:30 in the same room."""
    return world(
        ONLINE,
        [(somebody.enrolled(), somebody.passed()) for somebody in (ANA, BEN)],
        scheduled("S", session("Thu 10 10:00", channels=(room(),))),
        scheduled("T", session("Thu 10 11:30", channels=(room(),))),
        ANA.booked("S"),
        BEN.booked("T"),
        *said,
    )


def test_a_session_that_never_began_is_not_shown_by_the_one_before_it() -> None:
    morning = a_morning_in_one_room(
        started("Thu 10 09:55"), ended("Thu 10 11:05"), ANA.joined("Thu 10 09:58"), ANA.left("Thu 10 11:02")
    )

    morning.tick("Thu 10 23:00")

    assert morning.outcome("S", ANA) == "attended"
    assert morning.outcome("T", BEN) == "unknown"
    assert [row.participants for row in morning.offering("T").sessions if row.channels[0].showed] == []


def test_a_session_that_never_began_is_not_shown_by_the_one_after_it() -> None:
    morning = a_morning_in_one_room(
        started("Thu 10 11:25"), ended("Thu 10 12:35"), BEN.joined("Thu 10 11:26"), BEN.left("Thu 10 12:31")
    )

    morning.tick("Thu 10 23:00")

    assert morning.outcome("S", ANA) == "unknown"
    assert morning.outcome("T", BEN) == "attended"


def test_who_stays_from_one_session_into_the_next_was_in_both() -> None:
    morning = a_morning_in_one_room(
        ANA.booked("T"),
        started("Thu 10 09:55"),
        ended("Thu 10 12:35"),
        ANA.joined("Thu 10 09:58"),
        ANA.left("Thu 10 12:30"),
    )

    morning.tick("Thu 10 23:00")

    assert (morning.outcome("S", ANA), morning.outcome("T", ANA)) == ("attended", "attended")


def test_who_came_early_to_a_session_alone_in_its_room_was_there_for_it() -> None:
    alone = world(
        ONLINE,
        ANA.enrolled(),
        ANA.passed(),
        scheduled("S", session("Thu 10 10:00", channels=(room(),))),
        ANA.booked("S"),
        ANA.joined("Thu 10 09:30"),
        ANA.left("Thu 10 09:45"),
    )

    alone.tick("Thu 10 23:00")

    assert [row.channels[0].showed for row in alone.offering("S").sessions] == [True]


def test_a_canceled_session_takes_nobody_from_the_next_in_its_room() -> None:
    morning = a_morning_in_one_room(
        scheduled("S", session("Thu 10 10:00", channels=(room(),), canceled=True), sequence=2, when="Wed 9 10:00"),
        BEN.joined("Thu 10 11:05"),
        BEN.left("Thu 10 11:10"),
    )

    morning.tick("Thu 10 23:00")

    assert [row.channels[0].showed for row in morning.offering("T").sessions] == [True]
