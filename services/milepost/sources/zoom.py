"""Zoom's webhooks: the meeting itself says when it began and ended, and who came and went.

A meeting is its number, which a recurring meeting keeps; an opening of the room is its uuid; a stay is one connection.
Who somebody is, Zoom says in up to five ways. The mail address comes first, since the training office knows it too;
then what names the same person at every rejoin; at last the connection, which names a guest only as long as they stay.
A display name never says who somebody is.

`leave_reason` is not read: it says the same for a move to a break-out room as for a real leave. Who moves to one is
still there, so coming into a break-out room and leaving it are a stay of their own.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from milepost.sources.translation import (
    Person,
    Reason,
    Receipt,
    Said,
    Translation,
    about_meeting,
    about_people,
    fact_id,
    inside,
    moment_of,
    nothing,
    stamps,
    text_in,
)
from milepost.sources.xapi import address_identifier, moment
from milepost_schemas.facts import MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from milepost_schemas.instants import EARLIEST, LATEST, to_datetime

CHALLENGE = "endpoint.url_validation"
PARTICIPANT = "meeting.participant_"

JOINED = frozenset({"joined", "joined_breakout_room"})
LEFT = frozenset({"left", "left_breakout_room"})

NOT_PRESENT: Mapping[str, Reason] = {
    **dict.fromkeys(
        (
            "joined_waiting_room",
            "left_waiting_room",
            "put_in_waiting_room",
            "admitted",
            "jbh_joined",
            "jbh_waiting",
            "jbh_waiting_left",
        ),
        "waiting_room",
    )
}
SCHEDULING = frozenset(
    "meeting." + what
    for what in (
        *("created", "updated", "deleted", "permanently_deleted", "recovered"),
        *("registration_created", "registration_approved", "registration_cancelled", "registration_denied"),
    )
)


def translate(message: object, receipt: Receipt, *, devices: Collection[str] = ()) -> Translation:
    """Return what a webhook says; `devices` are the names and addresses that are declared as room devices."""
    name = text_in(message, "event")
    meeting = inside(message, "payload", "object")
    if name in SCHEDULING:
        return nothing("schedule_elsewhere", name)
    if name.startswith(PARTICIPANT):
        return _participant(name, message, receipt, devices)
    if name not in ("meeting.started", "meeting.ended"):
        return nothing("unknown_message", name)
    number = meeting_number(inside(meeting, "id"))
    if not number:
        return nothing("incomplete", name)
    return about_meeting(_opened_or_closed(name, message, number, receipt), name)


def challenge(message: object, secret: str) -> dict[str, str] | None:
    """Return the answer to Zoom's question whether this endpoint knows the secret; None where it asks nothing."""
    token = inside(message, "payload", "plainToken")
    if text_in(message, "event") != CHALLENGE or not isinstance(token, str):
        return None
    return {"plainToken": token, "encryptedToken": _digest(secret, token.encode("utf-8", "replace"))}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a raw body that was sent with this timestamp."""
    return "v0=" + _digest(secret, b"v0:" + timestamp.encode("utf-8", "replace") + b":" + body)


def is_signed(secret: str, *, timestamp: str, body: bytes, signed: str) -> bool:
    """Say, in constant time, whether the signature is the body's."""
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.encode("utf-8", "replace"))


def meeting_number(found: object) -> str:
    """Return the number of a meeting as text, whether it came as a number or as text; empty where it is none."""
    if isinstance(found, bool) or not isinstance(found, int | str):
        return ""
    return "".join(str(found)[:100].split())


def sent_at(message: object) -> datetime | None:
    """Return when Zoom says that the message arose."""
    found = inside(message, "event_ts")
    if isinstance(found, bool) or not isinstance(found, int) or not EARLIEST <= found <= LATEST:
        return None
    return to_datetime(found)


def _digest(secret: str, told: bytes) -> str:
    return hmac.new(secret.encode("utf-8", "replace"), told, hashlib.sha256).hexdigest()


def _opened_or_closed(name: str, message: object, number: str, receipt: Receipt) -> MeetingStarted | MeetingEnded:
    """Return that the room opened or closed; `start_time` and `duration` may be the planned ones and say nothing."""
    opening = text_in(message, "payload", "object", "uuid")
    arose = sent_at(message)
    ended = moment(text_in(message, "payload", "object", "end_time")) if name == "meeting.ended" else None
    told: dict[str, Any] = {
        **stamps(receipt, moment_of(ended or arose, receipt), moment_of(arose or ended, receipt)),
        "fact_id": fact_id(receipt, name, number, opening, ended or arose or "once"),
        "meeting": number,
        "opening": opening or None,
    }
    return MeetingEnded(**told) if name == "meeting.ended" else MeetingStarted(**told)


def _participant(name: str, message: object, receipt: Receipt, devices: Collection[str]) -> Translation:
    what = name.removeprefix(PARTICIPANT)
    participant = inside(message, "payload", "object", "participant")
    number = meeting_number(inside(message, "payload", "object", "id"))
    if what in NOT_PRESENT:
        return nothing(NOT_PRESENT[what], name)
    if what not in JOINED | LEFT:
        return nothing("unknown_message", name)
    if not number or not isinstance(participant, dict):
        return nothing("incomplete", name)
    if _is_host(message):
        return nothing("host", name)
    if _is_device(participant, devices):
        return nothing("room_device", name)
    person = _person(message, receipt)
    if person is None:
        return nothing("nobody", name)
    return about_people([Said(person, _came_or_went(name, message, number, receipt, person))], name)


def _came_or_went(
    name: str, message: object, number: str, receipt: Receipt, person: Person
) -> ParticipantJoined | ParticipantLeft:
    came = name.removeprefix(PARTICIPANT) in JOINED
    opening = text_in(message, "payload", "object", "uuid")
    written = text_in(message, "payload", "object", "participant", "join_time" if came else "leave_time")
    arose = sent_at(message)
    at = moment(written) or arose
    told: dict[str, Any] = {
        **stamps(receipt, moment_of(at, receipt), moment_of(arose or at, receipt)),
        "fact_id": fact_id(receipt, name, number, opening, person.identifier, _connection(message), at or "once"),
        "meeting": number,
        "opening": opening or None,
        "connection": _connection(message) or None,
    }
    return ParticipantJoined(**told) if came else ParticipantLeft(**told)


def _connection(message: object) -> str:
    """Return what names one stay: the connection, and in a break-out room this room too."""
    participant = inside(message, "payload", "object", "participant")
    stay = text_in(participant, "participant_uuid") or _text(inside(participant, "user_id"))
    room = text_in(message, "payload", "object", "breakout_room_uuid")
    return f"{stay}@{room}" if room else stay


def _person(message: object, receipt: Receipt) -> Person | None:
    """Return who it is by the first thing that says so, an identifier of Zoom's being one of the account's."""
    participant = inside(message, "payload", "object", "participant")
    name, mail = text_in(participant, "user_name"), text_in(participant, "email")
    known = address_identifier(mail) if mail else None
    if known is not None:
        return Person(known, name=name, mail=mail)
    account = text_in(message, "payload", "account_id") or receipt.source
    for kind, key in (("registrant", "registrant_id"), ("customer", "customer_key"), ("user", "id")):
        found = _text(inside(participant, key))
        if found:
            return Person(f"zoom:{account}|{kind}|{found}", name=name)
    opening = text_in(message, "payload", "object", "uuid")
    guest = _text(inside(participant, "parent_user_id")) or _text(inside(participant, "user_id"))
    return Person(f"zoom:{account}|guest|{opening}|{guest}", name=name) if opening and guest else None


def _is_host(message: object) -> bool:
    host = text_in(message, "payload", "object", "host_id")
    return bool(host) and text_in(message, "payload", "object", "participant", "id") == host


def _is_device(participant: Mapping[str, Any], devices: Collection[str]) -> bool:
    known = {device.strip().casefold() for device in devices}
    return any(
        text_in(participant, key).casefold() in known for key in ("user_name", "email", "id") if participant.get(key)
    )


def _text(found: object) -> str:
    """Return an id as text, whether it came as a number or as text."""
    if isinstance(found, bool) or not isinstance(found, int | str):
        return ""
    return str(found).strip() if isinstance(found, str) or abs(found) < 10**30 else ""


def read(body: bytes) -> object:
    """Return the JSON of a body; raise ValueError where it is none."""
    try:
        text = body.decode("utf-8", "replace")
        # An escaped half of a surrogate pair is JSON, and can be kept nowhere.
        return json.loads(json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
