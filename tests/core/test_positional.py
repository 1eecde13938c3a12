"""Messages and names as a record holds them: short, and read as they were."""

from dataclasses import asdict, replace
from uuid import NAMESPACE_URL, uuid5

import msgspec
import pytest

from milepost.core.positional import by_position, from_position
from milepost.core.short_names import in_full, shortened
from milepost_schemas.messages import SeatStated, SessionSeat

SESSION = SessionSeat(session="1", part=1, start_at=10, end_at=20, known_at=5, recorded_at=4, shown_by=("f1", "f2"))
SEAT = SeatStated(
    tenant="acme", learner="l-1", offering="S", course="C", version=3, state="booked", state_at=7, sessions=(SESSION,)
)


@pytest.mark.parametrize("seat", [SEAT, replace(SEAT, sessions=()), replace(SEAT, gone=True)])
def test_a_message_by_position_reads_as_it_was(seat: SeatStated) -> None:
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(by_position(seat)))

    assert from_position(SeatStated, kept) == seat
    assert len(msgspec.msgpack.encode(kept)) < len(msgspec.msgpack.encode(seat)) / 2


def test_a_message_by_name_is_read_too_also_with_fields_that_nobody_knows() -> None:
    assert from_position(SeatStated, asdict(SEAT) | {"of_a_newer_release": 1}) == SEAT


def test_what_is_as_it_is_by_default_is_left_out() -> None:
    assert by_position(replace(SEAT, state=None, state_at=0, sessions=())) == ["acme", "l-1", "S", "C", 3]


def test_a_uuid_is_kept_in_short() -> None:
    name = str(uuid5(NAMESPACE_URL, "a fact"))

    assert len(shortened(name)) == 23
    assert in_full(shortened(name)) == name


LOOKS = ["f1", "", "~f1", "~~", shortened(str(uuid5(NAMESPACE_URL, "a"))), str(uuid5(NAMESPACE_URL, "a")).upper()]


@pytest.mark.parametrize("name", [*LOOKS, "-" * 36, "\u00e9" * 36, "0" * 36, "01 " * 12, f"~{NAMESPACE_URL}"[:36]])
def test_what_is_no_uuid_is_read_as_it_was(name: str) -> None:
    assert in_full(shortened(name)) == name
    assert len(shortened(name)) <= len(name) + 1
