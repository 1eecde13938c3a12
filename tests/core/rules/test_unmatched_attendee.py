"""Unmatched attendee: somebody stayed ten minutes or more, and is nobody that we know."""

from typing import Any

from tests.core.builders import (
    ANA,
    GUEST,
    World,
    assert_opens_at,
    assert_settled,
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

GAP = f"unmatched_attendee(S/1/{GUEST.identifier})"


def visited(minutes: int = 59, *said: Any) -> World:
    """A guest stays so many minutes; Ana is booked. The room closes by its end marker at 12:32."""
    planned = scheduled("S", session("Mon 7 10:00", channels=(room(),)))
    stay = [GUEST.joined("Mon 7 10:01"), GUEST.left(moment("Mon 7 10:01") + minutes * 60_000)]
    base = [program(), planned, ANA.enrolled(), ANA.passed(), ANA.booked("S"), started("Mon 7 10:00")]
    return world(*base, stay, ended("Mon 7 11:02"), *said)


def test_it_opens_when_the_channel_closes() -> None:
    here = visited()

    assert_opens_at(here, "Mon 7 12:32", GAP)

    gap = here.gap("unmatched_attendee")
    assert (gap.severity, gap.since) == ("warning", moment("Mon 7 11:00"))
    assert gap.shown_by == (f"guest-joined-m1-{moment('Mon 7 10:01')}", f"guest-left-m1-{moment('Mon 7 11:00')}")
    assert gap.values["minutes"] == 59


def test_while_it_stands_nobody_in_the_session_is_absent() -> None:
    here = visited().tick("Mon 7 12:33")

    assert here.open() == [GAP]
    assert here.outcome() == "unknown"


def test_who_stayed_less_than_ten_minutes_is_nobody_to_ask_about() -> None:
    assert visited(9).tick("Mon 7 12:33").open() == ["elearning_done_ilt_missed(L)"]
    assert visited(10).tick("Mon 7 12:33").open() == [GAP]


def test_linking_resolves_it_and_the_presence_follows() -> None:
    here = visited().tick("Mon 7 12:33").take(GUEST.linked(ANA, "Mon 7 14:00")).tick("Mon 7 14:00")

    assert here.open() == []
    assert here.told("unmatched_attendee") == ["opened", "resolved"]
    assert here.gap("unmatched_attendee").ended_by == f"linked-guest-{moment('Mon 7 14:00')}"
    assert here.outcome() == "attended"
    assert_settled(here)


def test_a_guest_is_no_learner() -> None:
    here = visited().tick("Mon 7 12:33").take(GUEST.guest("Mon 7 15:00")).tick("Mon 7 15:00")

    assert here.open() == ["elearning_done_ilt_missed(L)"]
    assert here.told("unmatched_attendee") == ["opened", "resolved"]


def test_a_decision_that_is_undone_opens_it_again_under_the_same_id() -> None:
    here = visited().tick("Mon 7 12:33").take(GUEST.linked(ANA, "Mon 7 14:00"))
    earlier = here.gap("unmatched_attendee").gap_id

    here.take(GUEST.unlinked("Mon 7 15:00")).tick("Mon 7 15:00")

    assert here.open() == [GAP]
    assert here.gap("unmatched_attendee").gap_id == earlier


def test_a_person_who_closes_the_roster_does_not_wait_for_it() -> None:
    here = visited().take(roster_closed("S", "Mon 7 12:00")).tick("Mon 7 12:00")

    assert here.open() == ["elearning_done_ilt_missed(L)", GAP]


def test_a_learner_who_is_known_is_no_stranger_and_need_not_be_decided_about() -> None:
    planned = scheduled("S", session("Mon 7 10:00", channels=(room(),)))
    walked_in = [ANA.joined("Mon 7 10:00"), ANA.left("Mon 7 11:00")]
    here = world(program(), planned, ANA.enrolled(), walked_in, ended("Mon 7 11:00")).tick("Mon 7 13:00")

    assert here.told("unmatched_attendee") == []
