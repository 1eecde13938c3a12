"""What the contracts refuse: nothing is converted in silence, and nothing that has two meanings is let in."""

import copy
import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from milepost.core.calendar import first_zone
from milepost_schemas.facts import OfferingScheduled, PlannedSession
from milepost_schemas.instants import EARLIEST, LATEST, Instant, from_text, to_datetime, to_instant, to_text
from milepost_schemas.messages import IdentityDecided
from milepost_schemas.topics import decode
from tests.contracts.golden import example, read

QUIZ = ("milepost.activity.reported.v1", "a-passed-quiz")
JOINED = ("milepost.participant.joined.v1", "with-an-opening")
SCHEDULE = ("milepost.offering.scheduled.v1", "hybrid-with-a-canceled-part")
LINKED = ("milepost.identity.decided.v1", "linked")
PROJECTED = ("milepost.learner.projected.v1", "missed-the-practice")


def changed(which: tuple[str, str], path: str, value: Any) -> Any:
    """Return an example with another value at a path such as `sessions.0.end_at`."""
    body = copy.deepcopy(example(*which))
    at = body
    *way, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
    for key in way:
        at = at[key]
    assert at[last] != value
    at[last] = value
    return body


@pytest.mark.parametrize(
    ("which", "path", "value", "says"),
    [
        (QUIZ, "occurred_at", "2026-09-07T10:00:00", "needs a time zone"),
        (QUIZ, "occurred_at", "2026-09-07", "no RFC 3339"),
        (QUIZ, "occurred_at", "2026-W37-1T10:00:00Z", "no RFC 3339"),
        (QUIZ, "occurred_at", "2026-09-07 10:00:00Z", "no RFC 3339"),
        (QUIZ, "occurred_at", "2026-09-07T10:00Z", "no RFC 3339"),
        (QUIZ, "occurred_at", "2026-02-30T10:00:00Z", "no RFC 3339"),
        (QUIZ, "occurred_at", "2026-09-07T10:00:00+01:00:30", "no RFC 3339"),
        (QUIZ, "occurred_at", "tomorrow", "no RFC 3339"),
        (QUIZ, "occurred_at", 1788775200000, "no RFC 3339"),
        (QUIZ, "occurred_at", 1788775200.5, "no RFC 3339"),
        (QUIZ, "occurred_at", True, "no RFC 3339"),
        (QUIZ, "occurred_at", None, "no RFC 3339"),
        (QUIZ, "occurred_at", "0001-01-01T00:00:00+01:00", "greater than or equal"),
        (QUIZ, "occurred_at", "9999-12-31T23:59:59-01:00", "less than or equal"),
        (QUIZ, "source", "lms/1", "match pattern"),
        (QUIZ, "source", "", "at least 1"),
        (QUIZ, "source", "lms\n", "match pattern"),
        (QUIZ, "tenant", "a/b", "match pattern"),
        (QUIZ, "tenant", 7, "valid string"),
        (QUIZ, "fact_id", "x" * 1001, "at most 1000"),
        (QUIZ, "score", float("nan"), "less than or equal to 1"),
        (QUIZ, "score", float("inf"), "less than or equal to 1"),
        (QUIZ, "score", float("-inf"), "greater than or equal to -1"),
        (QUIZ, "score", 1.01, "less than or equal to 1"),
        (QUIZ, "score", "0.8", "valid number"),
        (QUIZ, "score", True, "valid number"),
        (QUIZ, "progress", -0.1, "greater than or equal to 0"),
        (QUIZ, "progress", float("nan"), "less than or equal to 1"),
        (QUIZ, "provisional", "yes", "valid boolean"),
        (QUIZ, "claims", ["passed", "adored"], "Input should be"),
        (QUIZ, "claims", "passed", "valid array"),
        (QUIZ, "activity", "quiz 102", "match pattern"),
        (JOINED, "meeting", "", "at least 1"),
        (SCHEDULE, "sessions", [], "at least 1"),
        (SCHEDULE, "sessions.0.end_at", "2026-09-14T08:00:00Z", "ends at or before its start"),
        (SCHEDULE, "sessions.0.end_at", "2026-09-14T07:00:00Z", "ends at or before its start"),
        (SCHEDULE, "sessions.1.session", "1", "names a session twice"),
        (SCHEDULE, "sessions.0.part", 0, "greater than or equal to 1"),
        (SCHEDULE, "sessions.0.part", "1", "valid integer"),
        (SCHEDULE, "sequence", -1, "greater than or equal to 0"),
        (SCHEDULE, "capacity", 2**31, "less than"),
        (LINKED, "learner", None, "name the learner"),
        (LINKED, "decision", "guessed", "Input should be"),
        (PROJECTED, "seats.0.sessions.0.share", 1.5, "less than or equal to 1"),
        (PROJECTED, "changes.0.type", "milepost.gap.adored.v1", "does not match any of the expected tags"),
        (PROJECTED, "version", "17", "valid integer"),
    ],
)
def test_what_is_wrong_is_refused(which: tuple[str, str], path: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        read(changed(which, path, value))


@pytest.mark.parametrize("name", ["milepost.adored.v1", "milepost.gap.opened.v1", None])
def test_what_does_not_travel_alone_is_refused(name: str | None) -> None:
    with pytest.raises(ValidationError):
        decode(json.dumps({"type": name, "tenant": "default"}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"tenant": "default"}', b"\xff", b'{"type": "\\ud800"}'])
def test_what_is_no_message_at_all_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        decode(body)


@pytest.mark.parametrize("missing", ["type", "tenant", "fact_id", "source", "occurred_at", "activity", "claims"])
def test_what_a_fact_must_say_it_must_say(missing: str) -> None:
    body = example("milepost.actor.reported.v1", "a-passed-quiz")
    del body["fact"][missing]

    with pytest.raises(ValidationError):
        read(body)


def test_a_session_that_ends_before_it_starts_cannot_even_be_made() -> None:
    with pytest.raises(ValueError, match="give an end_at after start_at"):
        PlannedSession(session="1", start_at=2_000, end_at=1_000)


def test_two_sessions_of_one_name_cannot_even_be_made() -> None:
    schedule = read(example(*SCHEDULE))
    twice = {name: getattr(schedule, name) for name in OfferingScheduled.__dataclass_fields__}

    with pytest.raises(ValueError, match="every session needs its own name"):
        OfferingScheduled(**{**twice, "sessions": (schedule.sessions[0], schedule.sessions[0])})


def test_a_link_to_nobody_cannot_even_be_made() -> None:
    linked = read(example(*LINKED))
    said = {name: getattr(linked, name) for name in IdentityDecided.__dataclass_fields__}

    assert IdentityDecided(**{**said, "decision": "guest", "learner": None}).learner is None
    with pytest.raises(ValueError, match="name the learner"):
        IdentityDecided(**{**said, "learner": None})


def test_an_unknown_zone_is_read_and_counts_as_not_said() -> None:
    enrolled = read(changed(("milepost.learner.enrolled.v1", "with-cohort-and-zone"), "zone", "Mars/Olympus_Mons"))

    assert first_zone(enrolled.zone, "Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-09-07T10:00:00Z", "2026-09-07T10:00:00.000Z"),
        ("2026-09-07t10:00:00z", "2026-09-07T10:00:00.000Z"),
        ("2026-09-07T12:00:00+02:00", "2026-09-07T10:00:00.000Z"),
        ("2026-09-07T10:00:00.1Z", "2026-09-07T10:00:00.100Z"),
        ("2026-09-07T10:00:00.123999Z", "2026-09-07T10:00:00.123Z"),
        ("2026-09-07T10:00:00.123999999Z", "2026-09-07T10:00:00.123Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_written_in_one_way_however_it_came(text: str, written: str) -> None:
    assert to_text(from_text(text)) == written
    assert from_text(written) == from_text(text)


def test_in_python_an_instant_is_a_number_a_text_or_an_aware_moment() -> None:
    instants: TypeAdapter[int] = TypeAdapter(Instant)

    assert {instants.validate_python(one) for one in (5, to_text(5), to_datetime(5))} == {5}
    for wrong in (to_datetime(5).replace(tzinfo=None), 5.0, True, None, LATEST + 1):
        with pytest.raises(ValidationError):
            instants.validate_python(wrong)


@pytest.mark.parametrize("instant", [EARLIEST, -1, 0, 1, LATEST])
def test_an_instant_is_a_moment_and_back(instant: int) -> None:
    assert to_instant(to_datetime(instant)) == instant
    assert from_text(to_text(instant)) == instant
