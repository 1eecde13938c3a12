"""Lists of a training office as spreadsheets save them."""

import csv
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.office import LISTED, FactsRefused, Problem, columns_of, read_items, read_list


def read(kind: str, text: str) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json", exclude_defaults=True) for item in read_list(text.encode(), kind)]


def problems(kind: str, text: str | bytes) -> list[Problem]:
    with pytest.raises(FactsRefused) as refused:
        read_list(text.encode() if isinstance(text, str) else text, kind)
    return refused.value.problems


def as_json(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json", exclude_defaults=True) for item in read_items(list(items))]


# --- what a list says ------------------------------------------------------------------------------------------------


def test_a_row_is_what_the_same_would_be_in_json() -> None:
    listed = read(
        "learner_enrolled",
        "id,E-Mail,Name,program,Cohort,zone\n"
        "hr-1,ana@example.com,Ana Alvarez,lockout,2026-09,Europe/Berlin\n"
        "\n"
        'hr-2,ben@example.com,"Berger, Ben",lockout,,\n',
    )

    assert listed == as_json(
        {
            "type": "learner_enrolled",
            "id": "hr-1",
            "person": {"mail": "ana@example.com", "name": "Ana Alvarez"},
            "program": "lockout",
            "cohort": "2026-09",
            "zone": "Europe/Berlin",
        },
        {
            "type": "learner_enrolled",
            "id": "hr-2",
            "person": {"mail": "ben@example.com", "name": "Berger, Ben"},
            "program": "lockout",
        },
    )


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_is_read_as_any_spreadsheet_saves_it(between: str, encoding: str, ending: str) -> None:
    lines = [["number", "name", "offering", "state", ""], ["41", "Zoë Çelik", "L17", "booked", ""], [""] * 5]
    body = "".join(between.join(cells) + ending for cells in lines).encode(encoding)

    (item,) = read_list(body, "seat_changed")

    assert item.model_dump(mode="json", include={"person"})["person"]["name"] == "Zoë Çelik"
    assert item.model_dump(include={"state"}) == {"state": "booked"}


def test_an_account_is_named_by_its_two_columns() -> None:
    listed = read(
        "step_waived",
        "person.account.home_page,person.account.name,program,step,waived\nhttps://lms.example.com,41,lockout,theory,no\n",
    )

    account = {"home_page": "https://lms.example.com", "name": "41"}
    assert listed == as_json(
        {"type": "step_waived", "person": {"account": account}, "program": "lockout", "step": "theory", "waived": False}
    )


@pytest.mark.parametrize(
    ("cell", "zone", "moment"),
    [
        ("2026-09-07T10:00:00Z", "", "2026-09-07T10:00:00.000Z"),
        ("2026-09-07T10:00:00+02:00", "America/New_York", "2026-09-07T08:00:00.000Z"),
        ("2026-09-07 10:00", "Europe/Berlin", "2026-09-07T08:00:00.000Z"),
        ("2026-09-07T10:00:30", "Europe/Berlin", "2026-09-07T08:00:30.000Z"),
        ("2026-09-07", "Europe/Berlin", "2026-09-06T22:00:00.000Z"),
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),  # does not exist: it moves forward
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),  # exists twice: it is the first
    ],
)
def test_a_local_time_is_one_of_the_zone_of_its_row(cell: str, zone: str, moment: str) -> None:
    (item,) = read("seat_changed", f"mail,offering,state,occurred_at,zone\nana@example.com,L17,booked,{cell},{zone}\n")

    assert item["occurred_at"] == moment


def test_rows_of_one_offering_are_the_sessions_of_its_schedule() -> None:
    listed = read(
        "offering_scheduled",
        "offering,course,title,capacity,session,part,start,end,zone,channel.room,channel.Remote,instructors\n"
        "L17,LOTO,Practice,12,1,1,2026-09-10 10:00,2026-09-10 12:00,Europe/Berlin,sheet,zoom-emea 812 3456 7890,Jo;Lu\n"
        "M3,LOTO,,,1,,2026-09-11 10:00,2026-09-11 12:00,Asia/Kuala_Lumpur,sheet,,\n"
        "L17,,,,2,2,2026-09-12 10:00,2026-09-12 12:00,Europe/Berlin,sheet,,\n",
    )

    first = {
        "session": "1",
        "start_at": "2026-09-10T08:00:00Z",
        "end_at": "2026-09-10T10:00:00Z",
        "zone": "Europe/Berlin",
        "instructors": ["Jo", "Lu"],
        "channels": [
            {"name": "room", "source": "sheet"},
            {"name": "Remote", "source": "zoom-emea", "meeting": "81234567890"},
        ],
    }
    second = {
        "session": "2",
        "part": 2,
        "start_at": "2026-09-12T08:00:00Z",
        "end_at": "2026-09-12T10:00:00Z",
        "zone": "Europe/Berlin",
        "channels": [{"name": "room", "source": "sheet"}],
    }
    elsewhere = {
        "session": "1",
        "start_at": "2026-09-11T02:00:00Z",
        "end_at": "2026-09-11T04:00:00Z",
        "zone": "Asia/Kuala_Lumpur",
        "channels": [{"name": "room", "source": "sheet"}],
    }
    assert listed == as_json(
        {
            "type": "offering_scheduled",
            "offering": "L17",
            "course": "LOTO",
            "title": "Practice",
            "capacity": 12,
            "sessions": [first, second],
        },
        {"type": "offering_scheduled", "offering": "M3", "course": "LOTO", "sessions": [elsewhere]},
    )


def test_rows_of_one_session_and_channel_are_the_people_of_its_sheet() -> None:
    listed = read(
        "sheet_submitted",
        "offering,session,channel,mail,mark\n"
        "L17,1,room,ana@example.com,\n"
        "L17,2,room,,\n"
        "L17,1,room,ben@example.com,absent\n"
        "L17,1,room,cid@example.com,present\n",
    )

    assert listed == as_json(
        {
            "type": "sheet_submitted",
            "offering": "L17",
            "session": "1",
            "channel": "room",
            "present": [{"mail": "ana@example.com"}, {"mail": "cid@example.com"}],
            "absent": [{"mail": "ben@example.com"}],
        },
        {"type": "sheet_submitted", "offering": "L17", "session": "2", "channel": "room"},
    )


@pytest.mark.parametrize(
    ("kind", "needed", "possible"),
    [
        ("learner_enrolled", ("program",), ("cohort",)),
        ("sheet_submitted", ("offering", "session", "channel"), ("mark",)),
        ("person_described", (), ()),
        (
            "offering_scheduled",
            ("offering", "course", "session", "start", "end"),
            ("sequence", "title", "cohort", "capacity", "part", "canceled", "instructors", "channel.NAME"),
        ),
    ],
)
def test_it_is_known_what_columns_a_list_needs_and_may_have(
    kind: str, needed: tuple[str, ...], possible: tuple[str, ...]
) -> None:
    assert columns_of(kind) == (needed, possible)


# --- what is wrong with a list ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "place", "says"),
    [
        ("seat_changed", "", "line 1", "names the columns"),
        ("seat_changed", "mial,offering,state\n", "line 1", "did you mean mail"),
        ("seat_changed", "mail,E-Mail,offering,state\n", "line 1", "twice"),
        ("seat_changed", "mail,channel.room\n", "line 1", "possible"),
        ("seat_changed", "mail,offering,state\na@example.com,L17,bookd\n", "line 2, state", "did you mean booked"),
        ("seat_changed", "mail,offering,state\n\n,L17,booked\n", "line 3, person", "missing"),
        ("seat_changed", "mail,offering,state\nunknown@example.com,L17,booked\n", "line 2, person", "placeholder"),
        ("seat_changed", "mail,offering\na@example.com,L17,booked\n", "line 2", "without a name"),
        ("seat_changed", 'mail,name\n"a\nb",c\n"d,\n', "line 4", "CSV"),
        ("seat_changed", "mail,name\na@example.com,\0\n", "line 2", "NUL"),
        ("seat_changed", "mail,recorded_at\na@example.com,2026-09-07 10:00\n", "line 2, recorded_at", "zone"),
        ("seat_changed", "mail,recorded_at\na@example.com,07.09.2026\n", "line 2, recorded_at", "such as"),
        ("seat_changed", "mail,recorded_at,zone\na@example.com,2026-02-30,Europe/Berlin\n", "line 2, recorded_at", ""),
        ("seat_changed", "mail,zone\na@example.com,Berlin\n", "line 2, zone", "IANA"),
        ("step_waived", "mail,waived\na@example.com,perhaps\n", "line 2, waived", "yes or no"),
        ("offering_scheduled", "offering,capacity\nL17,ten\n", "line 2, capacity", "whole number"),
        ("offering_scheduled", "offering,course\nL17,A\nL17,B\n", "line 3, course", "differs from line 2"),
        ("sheet_submitted", "mail,mark\na@example.com,late\n", "line 2, mark", "present, partial, absent"),
        ("seat_changed", "mail,name\na@example.com," + "x" * 10_001 + "\n", "line 2", "10000 characters"),
        ("seat_changed", "mail,name\n\n\n" + "," * 1000 + "\n", "line 4", "1000 cells"),
        ("offering_scheduled", "offering,start\nL17,soon\n", "line 2, start", "such as"),
        ("sheet_submitted", "offering,mail\n" + "L17,a@example.com\n" * 20_001, "line 20002", "20000 rows"),
        ("seat_changed", "mail," + "x" * 10_001 + "\n", "line 1", "10000 characters"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(kind: str, text: str, place: str, says: str) -> None:
    found = problems(kind, text)[0]

    assert found.path == place
    assert says in f"{found.message} {'possible' if found.possible else ''}"


def test_a_file_that_is_not_in_utf_8_says_how_to_save_it() -> None:
    (found,) = problems("seat_changed", "mail,name\na@example.com,Ana\nz@example.com,Zoë\n".encode("cp1252"))

    assert found.path == "line 3"
    assert "CSV UTF-8" in found.message


def test_what_is_wrong_within_a_whole_stands_in_the_line_of_its_part() -> None:
    schedule = (
        "offering,course,session,start,end,zone\n"
        "L17,LOTO,1,2026-09-10 10:00,2026-09-10 12:00,Europe/Berlin\n"
        "L17,LOTO,2,2026-09-10 10:00,2026-09-10 09:00,Europe/Berlin\n"
    )
    sheet = "offering,session,channel,number,mail\nL17,1,room,1,\nL17,1,room,,ana\n"

    assert [each.path for each in problems("offering_scheduled", schedule)] == ["line 3"]
    assert [each.path for each in problems("sheet_submitted", sheet)] == ["line 3"]


def test_everything_that_is_wrong_is_said_at_once_and_of_much_only_the_first_fifty() -> None:
    rows = [f"{number}@example.com,L17,no\n" for number in range(60)]

    assert len(problems("seat_changed", "mail,offering,state\n" + "".join(rows[:7]))) == 7
    assert len(problems("seat_changed", "mail,offering,state\n" + "".join(rows))) == 50


def test_a_list_has_an_end() -> None:
    rows = [f"{number}@example.com,L17,booked\n" for number in range(1001)]

    assert "at most 1000" in problems("seat_changed", "mail,offering,state\n" + "".join(rows))[0].message


@given(st.sampled_from(LISTED), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_read_or_refused_in_words(kind: str, body: bytes) -> None:
    with suppress(FactsRefused):
        read_list(body, kind)


CELLS = st.text(max_size=12) | st.sampled_from(["ana@example.com", "L17", "1", "yes", "2026-09-07", "Europe/Berlin"])
COLUMNS = ("mail", "name", "offering", "session", "channel", "mark", "state", "start", "zone", "occurred_at", "course")


@given(st.sampled_from(LISTED), st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=6, unique=True), st.data())
def test_whatever_stands_in_the_cells_is_read_or_refused_in_words(
    kind: str, columns: list[str], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.lists(CELLS, max_size=7), max_size=4))
    written = io.StringIO()
    csv.writer(written).writerows([columns, *rows])

    with suppress(FactsRefused):
        read_list(written.getvalue().encode("utf-8", "replace"), kind)
