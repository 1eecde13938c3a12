"""How moments are said."""

import pytest

from milepost.console.moments import Moments, count, duration, percent
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text

NOW = from_text("2026-09-16T07:41:05Z")
BERLIN = Moments("Europe/Berlin", NOW)


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        ("2026-09-16T16:00:00Z", "today 18:00"),
        ("2026-09-17T08:00:00Z", "tomorrow 10:00"),
        ("2026-09-15T08:00:00Z", "yesterday 10:00"),
        ("2026-09-21T08:00:00Z", "Mon 21 Sep 10:00"),
        ("2027-01-04T08:00:00Z", "4 Jan 2027 09:00"),
    ],
)
def test_close_days_have_names_and_others_dates(instant: str, said: str) -> None:
    assert BERLIN.text(from_text(instant)) == said


def test_midnight_is_the_readers() -> None:
    late = from_text("2026-09-16T22:30:00Z")

    assert BERLIN.text(late) == "tomorrow 00:30"
    assert Moments("UTC", NOW).text(late) == "today 22:30"


def test_a_session_is_said_in_its_own_zone_and_says_so_where_the_clocks_differ() -> None:
    start = from_text("2026-09-21T13:00:00Z")

    assert BERLIN.dated(start, "America/New_York") == "Mon 21 Sep 09:00 New York"
    assert BERLIN.dated(start, "Europe/Paris") == "Mon 21 Sep 15:00"


def test_the_exact_instant_is_on_hover() -> None:
    said = BERLIN.html(NOW, "now")

    assert said == (
        '<time datetime="2026-09-16T07:41:05.000Z" '
        'title="Wednesday 16 September 2026, 09:41:05 Europe/Berlin, UTC+02:00">now</time>'
    )


def test_an_unknown_zone_is_utc() -> None:
    assert Moments("Mars/Olympus", NOW).text(NOW) == "today 07:41"


def test_numbers_read_well() -> None:
    assert [duration(3 * DAY), duration(5 * HOUR + MINUTE), duration(59_000)] == ["3 d", "5 h", "59 s"]
    assert percent(0.799) == "79 %"
    assert [count(1, "learner"), count(2, "learner")] == ["1 learner", "2 learners"]
