"""Meetings: who was in a room, paired into stays, and assigned to the sessions that use it."""

from typing import Any

import msgspec

from milepost.core.processors.meetings import MeetingRecord
from milepost_schemas.messages import AttendeeErased, MeetingScheduled
from milepost_schemas.topics import Message, Topic
from tests.core.builders import (
    ANA,
    BEN,
    GUEST,
    TENANT,
    World,
    ended,
    moment,
    program,
    room,
    roster_closed,
    scheduled,
    session,
    started,
    world,
)
from tests.laws.delivery import standing


def meeting(*said: Any) -> World:
    """S uses the room on Monday at ten; Ana is booked."""
    planned = scheduled("S", session("Mon 7 10:00", channels=(room(),)))
    return world(program(), planned, ANA.enrolled(), ANA.passed(), ANA.booked("S"), *said)


def minutes(here: World, offering: str = "S", who: str = ANA.identifier) -> int:
    """Return how long somebody was in the session, as it is shown."""
    rows = here.offering(offering).sessions[0].participants
    return next((row.minutes for row in rows if who in row.identifiers), -1)


def test_a_join_and_a_leave_are_one_stay_in_whichever_order_they_come() -> None:
    for said in (
        [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 10:30")],
        [ANA.left("Mon 7 10:30"), ANA.joined("Mon 7 10:00")],
    ):
        here = meeting(said, ended("Mon 7 11:00")).tick("Mon 7 12:30")

        assert minutes(here) == 30


def test_two_connections_at_once_are_told_apart_by_their_names() -> None:
    laptop = [ANA.joined("Mon 7 10:00", connection="c1"), ANA.left("Mon 7 10:50", connection="c1")]
    phone = [ANA.joined("Mon 7 10:10", connection="c2"), ANA.left("Mon 7 10:20", connection="c2")]
    here = meeting(laptop, phone, ended("Mon 7 11:00")).tick("Mon 7 12:30")

    assert minutes(here) == 50


def test_without_names_joins_and_leaves_are_paired_in_the_order_of_time() -> None:
    first = [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 10:20")]
    second = [ANA.joined("Mon 7 10:30"), ANA.left("Mon 7 10:50")]
    here = meeting(second, first, ended("Mon 7 11:00")).tick("Mon 7 12:30")

    assert minutes(here) == 40
    assert not here.offering().sessions[0].participants[0].estimated


def test_a_join_after_a_join_and_a_last_join_without_a_leave_run_to_the_end() -> None:
    twice = meeting(ANA.joined("Mon 7 10:20"), ANA.joined("Mon 7 10:30"), ended("Mon 7 10:40")).tick("Mon 7 12:30")

    assert minutes(twice) == 20
    assert twice.offering().sessions[0].participants[0].estimated


def test_a_leave_alone_runs_from_the_start() -> None:
    here = meeting(ANA.left("Mon 7 10:30"), ended("Mon 7 11:00")).tick("Mon 7 12:30")

    assert minutes(here) == 30


def test_a_repetition_is_nothing_new() -> None:
    stay = [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 10:30")]
    here = meeting(stay, ended("Mon 7 11:00")).tick("Mon 7 12:30")
    told = len(here.keep.changes)

    here.take(stay, ended("Mon 7 11:00"))

    assert minutes(here) == 30
    assert len(here.keep.changes) == told


def test_presence_before_the_schedule_is_parked_until_a_session_claims_it() -> None:
    stay = [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 11:00"), ended("Mon 7 11:00")]
    here = world(program(), ANA.enrolled(), ANA.passed(), ANA.booked("S"), stay).tick("Mon 7 13:00")

    here.take(scheduled("S", session("Mon 7 10:00", channels=(room(),)))).tick("Mon 7 13:01")

    assert here.outcome() == "attended"


def test_a_room_that_many_sessions_use_gives_each_its_own() -> None:
    dates = [
        session("Mon 7 10:00", "1", part=1, channels=(room(),)),
        session("Tue 8 10:00", "2", part=2, channels=(room(),)),
    ]
    monday = [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 11:00")]
    here = world(program(), scheduled("S", *dates), ANA.enrolled(), ANA.booked("S"), monday, ended("Mon 7 11:00"))
    here.take(ended("Tue 8 11:00", opening="o2"), started("Tue 8 10:00", opening="o2")).tick("Tue 8 13:00")

    assert (here.outcome(name="1"), here.outcome(name="2")) == ("attended", "absent")


def test_a_stay_touches_a_session_up_to_an_hour_around_it() -> None:
    near = meeting(ANA.joined("Mon 7 08:30"), ANA.left("Mon 7 09:00")).tick("Mon 7 12:30")
    far = meeting(ANA.joined("Mon 7 08:30"), ANA.left("Mon 7 08:59")).tick("Mon 7 12:30")
    after = meeting(ANA.joined("Mon 7 12:00"), ANA.left("Mon 7 12:10")).tick("Mon 7 12:30")
    long_after = meeting(ANA.joined("Mon 7 12:01"), ANA.left("Mon 7 12:10")).tick("Mon 7 12:30")

    shown = [here.offering().sessions[0].channels[0].showed for here in (near, far, after, long_after)]
    assert shown == [True, False, True, False]


def test_a_room_that_was_opened_again_and_not_closed_since_has_not_ended() -> None:
    said = [
        started("Mon 7 10:00", opening="o1"),
        ended("Mon 7 10:20", opening="o1"),
        started("Mon 7 10:25", opening="o2"),
    ]
    here = meeting(said, ANA.joined("Mon 7 10:25", opening="o2")).tick("Mon 7 12:30")
    assert not here.offering().sessions[0].closed

    here.take(ended("Mon 7 10:55", opening="o2")).tick("Mon 7 12:31")

    assert here.offering().sessions[0].closed
    assert here.offering().sessions[0].ended_at == moment("Mon 7 10:55")


def test_the_host_ends_it_for_everybody() -> None:
    here = meeting(started("Mon 7 10:00"), ANA.joined("Mon 7 10:00"), ended("Mon 7 10:50")).tick("Mon 7 12:20")

    assert here.outcome() == "attended"
    assert minutes(here) == 50


def test_a_session_that_is_moved_leaves_its_presence_behind() -> None:
    here = meeting(ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 11:00"), BEN.joined("Mon 7 10:00")).tick("Mon 7 11:30")
    assert minutes(here) == 60

    here.take(scheduled("S", session("Wed 9 10:00", channels=(room(),)), when="Mon 7 12:00", sequence=2))

    assert minutes(here, who=ANA.identifier) == 0
    assert minutes(here, who=BEN.identifier) == -1


def test_who_was_there_before_the_move_is_nobody_of_it_whoever_they_are() -> None:
    stay = [GUEST.joined("Mon 7 10:00"), GUEST.left("Mon 7 11:00")]
    moved = scheduled("S", session("Wed 9 10:00", channels=(room(),)), when="Mon 7 12:00", sequence=2)
    here = meeting(stay).take(moved, GUEST.linked(ANA, "Mon 7 13:00"))

    assert here.offering().sessions[0].participants[0].identifiers == (ANA.identifier,)


def test_a_stale_schedule_does_not_undo_a_newer_one() -> None:
    first = scheduled("S", session("Mon 7 10:00", channels=(room(),)), when="Tue 8 09:00", sequence=1)
    moved = scheduled("S", session("Fri 11 15:00", channels=(room(),)), when="Mon 7 09:00", sequence=2)
    here = world(program(), moved, ANA.enrolled(), ANA.booked("S"), first)

    assert here.offering().sessions[0].start_at == moment("Fri 11 15:00")


def test_of_an_identifier_the_latest_owner_counts_in_the_room_too() -> None:
    stay = [GUEST.joined("Mon 7 10:00"), GUEST.left("Mon 7 11:00")]
    here = meeting(GUEST.linked(ANA, "Mon 7 09:00"), stay, ended("Mon 7 11:00")).tick("Mon 7 12:30")
    assert here.outcome() == "attended"

    here.take(GUEST.unlinked("Mon 7 13:00"), roster_closed("S", "Mon 7 13:00")).tick("Mon 7 13:00")

    assert here.outcome() == "absent"


def test_the_gateway_tells_the_room_of_its_sessions() -> None:
    said: list[Message] = scheduled("S", session("Mon 7 10:00", channels=(room(),)))

    assert [type(message) for message in said][1:] == [MeetingScheduled]


def test_the_stays_of_who_is_erased_are_as_they_were_without_a_name_however_often_that_is_said() -> None:
    came = GUEST.joined("Mon 7 10:00", connection="Ana Lopez")
    here = world(
        program(),
        *scheduled("S1", session("Mon 7 10:00", channels=(room(),))),
        came,
        GUEST.left("Mon 7 11:00", connection="Ana Lopez"),
    )
    before = standing(here.keep)
    nameless = AttendeeErased(tenant=TENANT, source="zoom", meeting="m1", identifier=GUEST.identifier)

    here.take(nameless).take(came).take(nameless)

    assert standing(here.keep) == before
    stored = here.keep.load(Topic.MEETINGS, [f"{TENANT}/zoom/m1"])[f"{TENANT}/zoom/m1"]
    assert b"Ana Lopez" not in stored
    assert len(msgspec.msgpack.decode(stored, type=MeetingRecord).points[GUEST.identifier]) == 2
