"""How moments are said."""

import pytest

from milepost.console.moments import Moments, count, duration, percent
from milepost_schemas.instants import DAY, EARLIEST, HOUR, LATEST, MINUTE, from_text

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


def test_a_day_has_a_name_only_where_it_is_that_day_for_the_reader_too() -> None:
    evening = Moments("Europe/Berlin", from_text("2026-09-16T19:20:00Z"))  # already the 17th in Kuala Lumpur

    assert evening.text(from_text("2026-09-17T21:00:00Z"), "Asia/Kuala_Lumpur") == "Fri 18 Sep 05:00 Kuala Lumpur"
    assert evening.text(from_text("2026-09-17T10:00:00Z"), "Asia/Kuala_Lumpur") == "Thu 17 Sep 18:00 Kuala Lumpur"
    assert evening.text(from_text("2026-09-17T10:00:00Z"), "Europe/Paris") == "tomorrow 12:00"


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


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("instant", [EARLIEST, LATEST])
def test_a_moment_beyond_the_calendar_of_a_zone_is_said_in_utc(zone: str, instant: int) -> None:
    there = Moments(zone, NOW)

    assert there.local(instant).year == Moments("UTC", NOW).local(instant).year
    assert there.text(instant)
    assert there.html(instant, there.exact(instant))
