"""Local time: what coordinators mean by two working days before Monday."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.core.calendar import (
    Calendar,
    Offset,
    Unit,
    at_time,
    end_of_day,
    first_zone,
    is_zone,
    local_date,
    local_time,
    on_day,
    start_of_day,
)
from milepost_schemas.instants import DAY, EARLIEST, HOUR, LATEST, from_text, to_text

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
ZONES = (
    BERLIN,
    NEW_YORK,
    "UTC",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "America/Santiago",
    "Africa/Cairo",
)
PLAIN = Calendar("plain")
BAVARIA = Calendar(
    "bavaria", holidays=frozenset({date(2026, 10, 3), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6)})
)

INSTANTS = st.integers(from_text("2024-01-01T00:00:00Z"), from_text("2030-01-01T00:00:00Z"))
ZONE = st.sampled_from(ZONES)


def offset(text: str) -> Offset:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return Offset(int(digits), Unit(text[len(digits) :]))


def after(moment: str, span: str, zone: str = "UTC", calendar: Calendar = PLAIN) -> str:
    return to_text(calendar.after(from_text(moment), offset(span), zone)).removesuffix(":00.000Z")


def before(moment: str, span: str, zone: str = "UTC", calendar: Calendar = PLAIN) -> str:
    return to_text(calendar.before(from_text(moment), offset(span), zone)).removesuffix(":00.000Z")


def test_one_working_day_before_a_monday_is_the_friday_at_the_same_time() -> None:
    assert before("2026-09-07T10:00:00Z", "1wd") == "2026-09-04T10:00"


def test_a_working_day_before_a_session_counts_in_the_zone_of_the_session_over_a_change_of_clocks() -> None:
    session = from_text("2026-11-02T09:00:00-05:00")

    moved = PLAIN.before(session, Offset(1, Unit.WORKING_DAY), NEW_YORK)

    assert to_text(at_time(moved, time(18), NEW_YORK)) == "2026-10-30T22:00:00.000Z"
    assert before("2026-11-02T09:00:00-05:00", "72h", NEW_YORK) == "2026-10-30T14:00"


def test_counting_from_a_weekend_the_first_working_day_is_the_one_next_to_it() -> None:
    assert after("2026-09-05T10:00:00Z", "1wd") == "2026-09-07T10:00"
    assert before("2026-09-06T10:00:00Z", "1wd") == "2026-09-04T10:00"
    assert after("2026-09-05T10:00:00Z", "5wd") == "2026-09-11T10:00"


def test_a_holiday_is_no_working_day() -> None:
    assert after("2026-12-24T10:00:00Z", "1wd", "UTC", BAVARIA) == "2026-12-28T10:00"
    assert before("2027-01-07T10:00:00Z", "3wd", "UTC", BAVARIA) == "2026-12-31T10:00"


def test_nothing_after_a_moment_is_the_moment_even_on_a_sunday() -> None:
    assert after("2026-09-06T10:00:00Z", "0wd") == "2026-09-06T10:00"
    assert before("2026-09-06T10:00:00Z", "0wh") == "2026-09-06T10:00"


@pytest.mark.parametrize(
    ("moment", "span", "expected"),
    [
        ("2026-09-07T09:00:00Z", "8wh", "2026-09-07T17:00"),
        ("2026-09-07T16:00:00Z", "2wh", "2026-09-08T10:00"),
        ("2026-09-04T16:00:00Z", "2wh", "2026-09-07T10:00"),
        ("2026-09-05T12:00:00Z", "1wh", "2026-09-07T10:00"),
        ("2026-09-07T07:00:00Z", "1wh", "2026-09-07T10:00"),
        ("2026-09-07T20:00:00Z", "1wh", "2026-09-08T10:00"),
        ("2026-09-07T09:00:00Z", "40wh", "2026-09-11T17:00"),
    ],
)
def test_working_hours_run_only_while_people_work(moment: str, span: str, expected: str) -> None:
    assert after(moment, span) == expected


@pytest.mark.parametrize(
    ("moment", "span", "expected"),
    [
        ("2026-09-07T17:00:00Z", "8wh", "2026-09-07T09:00"),
        ("2026-09-07T10:00:00Z", "2wh", "2026-09-04T16:00"),
        ("2026-09-06T12:00:00Z", "1wh", "2026-09-04T16:00"),
        ("2026-09-07T20:00:00Z", "1wh", "2026-09-07T16:00"),
        ("2026-09-07T07:00:00Z", "1wh", "2026-09-04T16:00"),
    ],
)
def test_working_hours_are_counted_back_in_the_same_way(moment: str, span: str, expected: str) -> None:
    assert before(moment, span) == expected


def test_months_clamp_at_their_ends() -> None:
    assert after("2027-01-31T10:00:00Z", "1mo") == "2027-02-28T10:00"
    assert after("2028-01-31T10:00:00Z", "1mo") == "2028-02-29T10:00"
    assert before("2026-12-31T10:00:00Z", "24mo") == "2024-12-31T10:00"
    assert before("2027-01-31T10:00:00Z", "2mo") == "2026-11-30T10:00"


def test_minutes_and_hours_are_absolute_and_days_and_weeks_local() -> None:
    assert after("2027-03-27T12:00:00+01:00", "24h", BERLIN) == "2027-03-28T11:00"
    assert after("2027-03-27T12:00:00+01:00", "1d", BERLIN) == "2027-03-28T10:00"
    assert after("2027-03-27T12:00:00+01:00", "1w", BERLIN) == "2027-04-03T10:00"
    assert after("2027-03-27T12:00:00+01:00", "90min", BERLIN) == "2027-03-27T12:30"


def test_a_local_time_that_does_not_exist_moves_forward() -> None:
    assert after("2027-03-27T02:30:00+01:00", "1d", BERLIN) == "2027-03-28T01:30"
    assert to_text(on_day(date(2027, 3, 14), time(2, 30), NEW_YORK)) == "2027-03-14T07:30:00.000Z"


def test_a_local_time_that_exists_twice_is_the_first() -> None:
    assert after("2026-10-24T02:30:00+02:00", "1d", BERLIN) == "2026-10-25T00:30"
    assert to_text(on_day(date(2026, 11, 1), time(1, 30), NEW_YORK)) == "2026-11-01T05:30:00.000Z"


def test_a_date_means_its_last_millisecond() -> None:
    assert to_text(end_of_day(date(2026, 9, 7), BERLIN)) == "2026-09-07T21:59:59.999Z"
    assert to_text(start_of_day(date(2026, 9, 7), BERLIN)) == "2026-09-06T22:00:00.000Z"
    assert end_of_day(date(9999, 12, 31), BERLIN) == LATEST


def test_a_day_ends_where_the_next_begins_even_if_midnight_is_skipped() -> None:
    assert to_text(end_of_day(date(2026, 9, 5), "America/Santiago")) == "2026-09-06T03:59:59.999Z"
    assert local_date(end_of_day(date(2026, 9, 5), "America/Santiago") + 1, "America/Santiago") == date(2026, 9, 6)


def test_a_day_rolls_to_the_nearest_working_day_and_stays_if_it_is_one() -> None:
    assert BAVARIA.roll_back(date(2027, 1, 6)) == date(2027, 1, 5)
    assert BAVARIA.roll_forward(date(2026, 10, 3)) == date(2026, 10, 5)
    assert BAVARIA.roll_back(date(2026, 10, 5)) == BAVARIA.roll_forward(date(2026, 10, 5)) == date(2026, 10, 5)


def test_time_of_day_is_read_in_the_zone() -> None:
    assert local_time(from_text("2026-09-07T16:30:00Z"), BERLIN) == time(18, 30)


def test_the_first_name_that_is_a_zone_counts() -> None:
    assert first_zone(None, "Mars/Base", BERLIN, NEW_YORK) == BERLIN
    assert first_zone(None) == "UTC"
    assert not is_zone("../../etc/passwd")
    assert not is_zone("America")


def test_a_calendar_on_which_nobody_works_is_refused() -> None:
    with pytest.raises(ValueError, match="no working day"):
        Calendar("never", weekend=frozenset(range(7)))
    with pytest.raises(ValueError, match="ends its day before it starts"):
        Calendar("night", day_starts=time(17), day_ends=time(9))


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
def test_what_lies_outside_the_years_stays_at_their_edge(unit: Unit, zone: str) -> None:
    far = Offset(9999, unit)

    assert LATEST - 3 * DAY <= PLAIN.after(LATEST - HOUR, far, zone) <= LATEST
    assert EARLIEST <= PLAIN.before(EARLIEST + HOUR, far, zone) <= EARLIEST + 3 * DAY
    assert PLAIN.after(EARLIEST, far, zone) > EARLIEST
    assert at_time(LATEST, time(23), zone) <= LATEST


def test_far_edges_of_single_days_are_held() -> None:
    assert on_day(date(9999, 12, 31), time(1), BERLIN) == LATEST
    assert on_day(date(1, 1, 1), time(1), BERLIN) == EARLIEST


@given(INSTANTS, st.integers(0, 400), st.sampled_from(list(Unit)), ZONE)
def test_after_is_never_earlier_and_before_never_later(instant: int, count: int, unit: Unit, zone: str) -> None:
    assert BAVARIA.after(instant, Offset(count, unit), zone) >= instant
    assert BAVARIA.before(instant, Offset(count, unit), zone) <= instant


@given(INSTANTS, st.integers(0, 200), st.sampled_from(list(Unit)), ZONE)
def test_more_of_a_unit_is_never_earlier(instant: int, count: int, unit: Unit, zone: str) -> None:
    assert BAVARIA.after(instant, Offset(count, unit), zone) <= BAVARIA.after(instant, Offset(count + 1, unit), zone)
    assert BAVARIA.before(instant, Offset(count, unit), zone) >= BAVARIA.before(instant, Offset(count + 1, unit), zone)


@given(INSTANTS, INSTANTS, st.integers(0, 100), st.sampled_from(list(Unit)), ZONE)
def test_moments_a_week_apart_keep_their_order(one: int, other: int, count: int, unit: Unit, zone: str) -> None:
    early, late = min(one, other), max(one, other) + 7 * DAY

    assert BAVARIA.after(early, Offset(count, unit), zone) <= BAVARIA.after(late, Offset(count, unit), zone)
    assert BAVARIA.before(early, Offset(count, unit), zone) <= BAVARIA.before(late, Offset(count, unit), zone)


@given(INSTANTS, st.integers(0, 500), st.sampled_from([Unit.MINUTE, Unit.HOUR]), ZONE)
def test_before_undoes_after_where_units_are_absolute(instant: int, count: int, unit: Unit, zone: str) -> None:
    span = Offset(count, unit)

    assert PLAIN.before(PLAIN.after(instant, span, zone), span, zone) == instant


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 120), ZONE)
def test_before_undoes_after_at_noon_of_a_working_day(day: date, count: int, zone: str) -> None:
    noon = on_day(BAVARIA.roll_forward(day), time(12), zone)

    for span in (Offset(count, Unit.WORKING_DAY), Offset(count, Unit.DAY), Offset(count, Unit.WORKING_HOUR)):
        assert BAVARIA.before(BAVARIA.after(noon, span, zone), span, zone) == noon


@given(INSTANTS, st.integers(1, 60), ZONE)
def test_working_days_keep_the_time_of_day_and_end_on_one(instant: int, count: int, zone: str) -> None:
    moved = BAVARIA.after(instant, Offset(count, Unit.WORKING_DAY), zone)

    assert BAVARIA.is_working_day(local_date(moved, zone))
    if 5 <= local_time(instant, zone).hour < 22:
        assert local_time(moved, zone) == local_time(instant, zone)


@given(INSTANTS, st.integers(1, 100), ZONE)
def test_working_hours_end_while_people_work(instant: int, count: int, zone: str) -> None:
    moved = BAVARIA.after(instant, Offset(count, Unit.WORKING_HOUR), zone)

    assert BAVARIA.is_working_day(local_date(moved, zone))
    assert time(9) <= local_time(moved, zone) <= time(17)


@given(st.dates(date(1970, 1, 2), date(2040, 1, 1)), ZONE)
def test_a_day_is_over_when_the_next_begins(day: date, zone: str) -> None:
    assert local_date(start_of_day(day, zone), zone) == day
    assert local_date(end_of_day(day, zone), zone) == day
    assert local_date(end_of_day(day, zone) + 1, zone) > day
