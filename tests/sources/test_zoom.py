import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources import zoom
from milepost.sources.translation import Receipt, Translation
from milepost_schemas.facts import MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from milepost_schemas.instants import from_text
from tests.sources.builders import NOW, scraps

RECEIPT = Receipt("default", "zoom-emea", NOW)
AROSE = from_text("2026-09-07T09:30:05Z")


def message(what: str, *, participant: Any = None, **meeting: Any) -> dict[str, Any]:
    room: dict[str, Any] = {"id": "81234567890", "uuid": "qFz3/AAA==", "host_id": "host-1", **meeting}
    if participant is not None:
        room["participant"] = participant
    return {"event": f"meeting.{what}", "event_ts": AROSE, "payload": {"account_id": "acc-1", "object": room}}


def ana(**more: Any) -> dict[str, Any]:
    return {
        "user_id": "16778240",
        "participant_uuid": "stay-1",
        "user_name": "Ana A.",
        "email": "ana@example.net",
        "join_time": "2026-09-07T09:30:00Z",
        "leave_time": "2026-09-07T09:50:00Z",
        "leave_reason": "left the meeting",
        **more,
    }


def translated(what: str, **more: Any) -> Translation:
    return zoom.translate(message(what, **more), RECEIPT)


def who(participant: Any, **meeting: Any) -> str:
    (said,) = translated("participant_joined", participant=participant, **meeting).said
    return said.person.identifier


def reason(what: str, **more: Any) -> str:
    found = translated(what, **more)
    assert (found.said, found.facts) == ((), ())
    return found.unread[0].reason


def test_somebody_came_and_went() -> None:
    joined = translated("participant_joined", participant=ana()).said[0].fact
    left = translated("participant_left", participant=ana()).said[0].fact

    assert isinstance(joined, ParticipantJoined)
    assert isinstance(left, ParticipantLeft)
    assert (joined.meeting, joined.opening, joined.connection) == ("81234567890", "qFz3/AAA==", "stay-1")
    assert joined.occurred_at == from_text("2026-09-07T09:30:00Z")
    assert joined.recorded_at == AROSE
    assert left.occurred_at == from_text("2026-09-07T09:50:00Z")


@pytest.mark.parametrize("number", [81234567890, "81234567890", "812 3456 7890"], ids=repr)
def test_a_meeting_number_comes_as_a_number_and_as_text(number: Any) -> None:
    assert translated("participant_joined", participant=ana(), id=number).said[0].fact.meeting == "81234567890"
    assert translated("started", id=number).facts[0].meeting == "81234567890"  # type: ignore[attr-defined]


def test_a_room_opened_and_closed_when_zoom_says_so_and_not_when_it_was_planned() -> None:
    planned = {"start_time": "2026-09-01T08:00:00Z", "duration": 60}

    (started,) = translated("started", **planned).facts
    (ended,) = translated("ended", **planned, end_time="2026-09-07T09:29:00Z").facts
    (ended_without_time,) = translated("ended", **planned).facts

    assert isinstance(started, MeetingStarted)
    assert isinstance(ended, MeetingEnded)
    assert started.occurred_at == AROSE
    assert ended.occurred_at == from_text("2026-09-07T09:29:00Z")
    assert ended_without_time.occurred_at == AROSE


def test_a_message_without_any_time_happened_when_it_came() -> None:
    timeless = {**message("started"), "event_ts": "soon"}

    assert zoom.translate(timeless, RECEIPT).facts[0].occurred_at == NOW


def test_the_same_message_again_is_the_same_fact_and_a_rejoin_is_another() -> None:
    def fact_id(**more: Any) -> str:
        (said,) = translated("participant_joined", participant=ana(**more)).said
        return str(said.fact.fact_id)

    assert fact_id() == fact_id()
    assert fact_id() != fact_id(participant_uuid="stay-2", join_time="2026-09-07T09:40:00Z")


# --- who it is -------------------------------------------------------------------------------------------------------


def test_the_mail_address_comes_first_and_is_the_one_that_others_know() -> None:
    assert who(ana(registrant_id="r-1", id="u-1")) == who(ana(email="ana@EXAMPLE.net"))


@pytest.mark.parametrize(
    ("participant", "identifier"),
    [
        (ana(email="", registrant_id="r-1", customer_key="c-1", id="u-1"), "zoom:acc-1|registrant|r-1"),
        (ana(email="", customer_key="c-1", id="u-1"), "zoom:acc-1|customer|c-1"),
        (ana(email="", id="u-1"), "zoom:acc-1|user|u-1"),
        (ana(email=""), "zoom:acc-1|guest|qFz3/AAA==|16778240"),
        (ana(email="unknown@example.com"), "zoom:acc-1|guest|qFz3/AAA==|16778240"),
        (ana(email="no address", user_id=16778240), "zoom:acc-1|guest|qFz3/AAA==|16778240"),
    ],
)
def test_then_what_names_the_same_person_at_every_rejoin_then_the_connection(participant: Any, identifier: str) -> None:
    assert who(participant) == identifier


def test_a_display_name_never_says_who_it_is() -> None:
    assert "ana" not in who(ana(email="")).lower()
    assert reason("participant_joined", participant={"user_name": "Ana A."}) == "nobody"
    assert reason("participant_joined", participant=ana(email=""), uuid="") == "nobody"


def test_without_an_account_an_id_counts_for_the_source() -> None:
    sent = message("participant_joined", participant=ana(email="", id="u-1"))
    del sent["payload"]["account_id"]

    assert zoom.translate(sent, RECEIPT).said[0].person.identifier == "zoom:zoom-emea|user|u-1"


def test_the_name_is_told_beside_the_fact() -> None:
    (said,) = translated("participant_joined", participant=ana()).said

    assert (said.person.name, said.person.mail) == ("Ana A.", "ana@example.net")
    assert "Ana" not in repr(said.fact)


# --- whose presence it is not ----------------------------------------------------------------------------------------


def test_the_host_is_nobody_s_attendance() -> None:
    assert reason("participant_joined", participant=ana(id="host-1")) == "host"
    assert translated("participant_joined", participant=ana(), host_id="").said


@pytest.mark.parametrize(
    "what", ["jbh_joined", "jbh_waiting", "joined_waiting_room", "put_in_waiting_room", "admitted"]
)
def test_waiting_is_no_presence(what: str) -> None:
    assert reason(f"participant_{what}", participant=ana()) == "waiting_room"


def test_a_declared_device_is_nobody_s_presence() -> None:
    room = message("participant_joined", participant=ana(user_name="Room 4.12", email=""))

    assert zoom.translate(room, RECEIPT, devices=("room 4.12",)).unread[0].reason == "room_device"
    assert zoom.translate(room, RECEIPT, devices=("Room 5",)).said


def test_who_moves_to_a_break_out_room_is_still_there() -> None:
    moved = translated("participant_joined_breakout_room", participant=ana(), breakout_room_uuid="b-1").said[0].fact
    back = translated("participant_left_breakout_room", participant=ana(), breakout_room_uuid="b-1").said[0].fact

    assert isinstance(moved, ParticipantJoined)
    assert isinstance(back, ParticipantLeft)
    assert moved.connection == back.connection == "stay-1@b-1"


def test_a_guest_in_a_break_out_room_is_the_guest_of_the_meeting() -> None:
    in_breakout = ana(email="", user_id="999", parent_user_id="16778240")

    assert who(in_breakout) == who(ana(email=""))


@pytest.mark.parametrize("what", ["created", "updated", "deleted", "registration_created", "registration_cancelled"])
def test_schedules_come_from_the_office(what: str) -> None:
    assert reason(what) == "schedule_elsewhere"


@pytest.mark.parametrize(
    ("what", "more", "expected"),
    [
        ("alert", {}, "unknown_message"),
        ("participant_role_changed", {"participant": ana()}, "unknown_message"),
        ("started", {"id": None}, "incomplete"),
        ("started", {"id": True}, "incomplete"),
        ("started", {"id": "9" * 99, "uuid": "u" * 3000}, "out_of_bounds"),
        ("participant_joined", {"participant": "Ana"}, "incomplete"),
        ("participant_joined", {"id": "", "participant": ana()}, "incomplete"),
        ("participant_joined", {"participant": ana(participant_uuid="s" * 3000)}, "out_of_bounds"),
    ],
)
def test_what_cannot_be_read_says_why(what: str, more: dict[str, Any], expected: str) -> None:
    assert reason(what, **more) == expected


# --- signatures ------------------------------------------------------------------------------------------------------


def test_the_signature_is_that_of_timestamp_and_raw_body() -> None:
    signed = zoom.signature("secret", "1788774000", b'{"a": 1}')

    assert signed == "v0=c453a794ac0585377515ada1610ebbb39d4b75f1156e602dad60ef5241b4fc4e"  # by openssl
    assert zoom.is_signed("secret", timestamp="1788774000", body=b'{"a": 1}', signed=signed)
    assert not zoom.is_signed("secret", timestamp="1788774001", body=b'{"a": 1}', signed=signed)
    assert not zoom.is_signed("secret", timestamp="1788774000", body=b'{"a":1}', signed=signed)
    assert not zoom.is_signed("other", timestamp="1788774000", body=b'{"a": 1}', signed=signed)
    assert not zoom.is_signed("secret", timestamp="1788774000", body=b'{"a": 1}', signed="v0=\xe4")


def test_the_challenge_is_answered_with_the_token_and_its_digest() -> None:
    asked = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}

    answer = zoom.challenge(asked, "secret")

    assert answer is not None
    assert answer["plainToken"] == "qgg8vlvZRS6UYooatFL8Aw"
    assert len(answer["encryptedToken"]) == 64
    assert zoom.challenge({"event": "endpoint.url_validation"}, "secret") is None
    assert zoom.challenge(message("started"), "secret") is None


def test_a_name_with_half_a_surrogate_pair_can_be_kept() -> None:
    assert zoom.read(b'{"name": "A\\ud800"}') == {"name": "A?"}


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever the reader says)
        zoom.read(body)


# --- laws ------------------------------------------------------------------------------------------------------------

events = st.sampled_from(["meeting.participant_joined", "meeting.participant_left", "meeting.ended", "meeting.started"])
participants = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("user_id", "user_name", "id", "participant_uuid", "email", "registrant_id", "customer_key", "join_time"),
        scraps,
    ),
)
rooms = st.fixed_dictionaries(
    {},
    optional={"id": st.just("812") | scraps, "uuid": scraps, "host_id": scraps, "participant": participants | scraps},
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "event": events | scraps,
            "event_ts": scraps,
            "payload": scraps | st.fixed_dictionaries({"object": rooms | scraps}, optional={"account_id": scraps}),
        },
    )
    | scraps
)
def test_no_message_whatever_makes_the_adapter_fail(sent: Any) -> None:
    found = zoom.translate(sent, RECEIPT, devices=("Room 4.12",))

    json.dumps([said.person.identifier for said in found.said])
    assert all(said.fact.occurred_at <= NOW for said in found.said)
