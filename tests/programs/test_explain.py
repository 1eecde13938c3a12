"""`milepost program explain`: the calendar of one imagined learner, as the real core has it."""

import json
from typing import Any

import pytest

from milepost.cli import main
from milepost.programs import load_program, parse_program, shipped_program
from milepost.stories.asked import read_enrolled, read_sessions, read_zone
from milepost.stories.explaining import as_json, explain
from milepost.stories.imagining import Imagined, imagine
from milepost_schemas.instants import from_text
from milepost_schemas.program_lines import Unreadable

LOTO = load_program(shipped_program("lockout-tagout"))
PRACTICE = "2027-03-18 10:00/60min"

TWO_PARTS = """
program: two-parts
version: 1
zone: Europe/Berlin
steps:
  - id: theory
    stage: pre_learning
    evidence: {source: lms, activity: "https://lms.example.com/mod/quiz/view.php?id=7"}
    done: passed
    due: 2027-03-10
  - id: workshop
    stage: live
    live: {course: TWO, parts: 2}
    done: present >= 50%
  - id: clinic
    stage: live
    required: false
    live: {course: CLINIC}
    done: present >= 50%
  - id: report
    stage: reinforcement
    done: {signed_off_by: [manager]}
    due: 5d after workshop
gaps:
  never_started: {enabled: false}
"""


def imagined(enrolled: str, *sessions: str, definition: Any = LOTO, zone: str | None = None) -> Imagined:
    at = read_enrolled(enrolled, definition, zone)
    return imagine(definition, at, zone, read_sessions(sessions, definition, at))


def told(one: Imagined) -> list[tuple[str, str, str, str]]:
    """Return when (local), what happened to a gap, which, and how severe it is then."""
    return [
        (line["at"][:16], line["type"].split(".")[2], line["gap"], line["severity"]) for line in as_json(one)["told"]
    ]


def dates(one: Imagined) -> dict[str, tuple[str | None, str | None]]:
    """Return for each step that has dates when it opens and is due."""
    rows = as_json(one)["expected"]
    named = {f"{row['step']}.{row['occurrence']}" if row["occurrence"] else row["step"]: row for row in rows}
    return {name: (row["opens_at"], row["due_at"]) for name, row in named.items() if row["opens_at"] or row["due_at"]}


def test_without_a_session_only_what_counts_from_the_enrollment_has_a_date() -> None:
    assert dates(imagined("2027-03-01")) == {"practice": (None, "2027-03-31T07:00:00.000Z")}


def test_who_does_nothing_has_never_started_and_is_overdue() -> None:
    assert told(imagined("2027-03-01")) == [
        ("2027-03-08T08:00", "opened", "never_started", "high"),
        ("2027-04-30T07:00", "opened", "journey_overdue", "critical"),
    ]


def test_a_booked_session_sets_the_dues_before_it_and_those_that_follow_if_it_is_attended() -> None:
    one = imagined("2027-03-01", PRACTICE)

    assert dates(one) == {
        "theory": (None, "2027-03-16T17:00:00.000Z"),
        "entry-quiz": (None, "2027-03-17T17:00:00.000Z"),
        "practice": (None, "2027-03-31T07:00:00.000Z"),
        "posttest": (None, "2027-03-25T17:00:00.000Z"),
        "recall.1": ("2027-03-20T10:00:00.000Z", "2027-03-23T10:00:00.000Z"),
        "recall.2": ("2027-03-25T10:00:00.000Z", "2027-03-28T09:00:00.000Z"),
        "recall.3": ("2027-04-01T09:00:00.000Z", "2027-04-04T09:00:00.000Z"),
        "on-the-job": (None, "2027-04-05T16:00:00.000Z"),
    }
    assert [e.row.step for e in one.expected if e.once_attended] == ["posttest", *3 * ["recall"], "on-the-job"]


def test_who_is_booked_and_does_nothing_is_unprepared_and_a_no_show_and_every_change_is_told_once() -> None:
    assert told(imagined("2027-03-01", PRACTICE)) == [
        ("2027-03-08T08:00", "opened", "never_started", "high"),
        ("2027-03-15T09:00", "severity_changed", "never_started", "critical"),
        ("2027-03-17T09:00", "opened", "unprepared_for_session", "critical"),
        ("2027-03-18T11:30", "opened", "no_show", "high"),
        ("2027-03-18T11:30", "superseded", "unprepared_for_session", "critical"),
        ("2027-03-18T11:30", "severity_changed", "never_started", "high"),
        ("2027-04-30T07:00", "opened", "journey_overdue", "critical"),
    ]


def test_it_looks_on_until_sixty_days_after_the_deadline() -> None:
    one = imagined("2027-03-01")

    assert one.deadline_at == from_text("2027-04-30T09:00:00+02:00")
    assert one.ends_at == from_text("2027-06-29T09:00:00+02:00")
    assert [gap.gap for gap in one.open] == ["never_started", "journey_overdue"]


def test_without_a_deadline_it_looks_on_from_the_last_date() -> None:
    two_parts = parse_program(TWO_PARTS, "two-parts.yaml")

    alone = imagined("2027-03-01", definition=two_parts)
    booked = imagined(
        "2027-03-01", "workshop=2027-03-15 09:00/2h", "workshop = 2027-03-16 09:00/2h", definition=two_parts
    )

    assert alone.deadline_at is None
    assert alone.ends_at == from_text("2027-05-09T23:59:59.999+02:00")
    assert dates(booked)["report"] == (None, "2027-03-21T10:00:00.000Z")
    assert [(one.part, one.offering) for one in booked.booked] == [(1, "workshop 1"), (2, "workshop 1")]
    assert "after the last date, still open" in explain(booked, two_parts).replace("\n", " ")
    assert "Wed 10 Mar 2027 24:00" in explain(alone, two_parts)


def test_more_sessions_than_parts_are_another_offering() -> None:
    one = imagined("2027-03-01", PRACTICE, "2027-03-25 10:00/1h")

    assert [(booked.offering, booked.part) for booked in one.booked] == [("practice 1", 1), ("practice 2", 1)]
    assert [line[1:3] for line in told(one) if line[2] == "no_show"] == [
        ("mitigated", "no_show"),
        ("opened", "no_show"),
        ("opened", "no_show"),
    ]


def test_the_learners_zone_is_that_of_days_without_a_session() -> None:
    one = imagined("2027-03-01", zone="America/New_York")

    assert one.enrolled_at == from_text("2027-03-01T09:00:00-05:00")
    assert dates(one) == {"practice": (None, "2027-03-31T13:00:00.000Z")}


def test_an_enrollment_may_have_a_time() -> None:
    assert read_enrolled("2027-03-01 14:30", LOTO) == from_text("2027-03-01T14:30:00+01:00")
    assert read_enrolled(" 2027-03-01T14:30 ", LOTO) == from_text("2027-03-01T14:30:00+01:00")


@pytest.mark.parametrize("text", ["", "March", "2027-3-1", "2027-03-01 9:00", "2027-02-30", "2027-03-01 25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_enrolled(text, LOTO)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2027-03-18 10:00", "no session"),
        ("2027-03-18/60min", "no session"),
        ("2027-03-18 10:00/0min", "no session"),
        ("2027-03-18 10:00/2wd", "no session"),
        ("practise=2027-03-18 10:00/60min", "did you mean 'practice'"),
        ("theory=2027-03-18 10:00/60min", "no live step 'theory'"),
        ("2027-02-18 10:00/60min", "before the enrollment"),
        ("2027-02-30 10:00/60min", "there is no 2027-02-30"),
    ],
)
def test_what_is_no_session_of_the_program_is_refused(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_sessions([text], LOTO, from_text("2027-03-01T08:00:00Z"))


def test_with_two_live_steps_a_session_says_of_which() -> None:
    two_parts = parse_program(TWO_PARTS, "two-parts.yaml")

    with pytest.raises(Unreadable, match="does not say of which live step"):
        read_sessions(["2027-03-18 10:00/60min"], two_parts, 0)


def test_an_unknown_zone_is_refused() -> None:
    assert read_zone(None) is None
    assert read_zone("America/New_York") == "America/New_York"
    with pytest.raises(Unreadable, match="no time zone 'Berlin'"):
        read_zone("Berlin")


def test_the_text_says_it_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", "explain", "lockout-tagout", "--enrolled", "2027-03-01", "--session", PRACTICE]) == 0

    said = capsys.readouterr().out

    assert said.startswith("Lockout/tagout: authorized person (lockout-tagout, version 1)\n")
    assert "Booked for Practice on the board, Thu 18 Mar 2027 10:00 to 11:00." in said
    assert "Beware" not in said
    assert "session Thu 18 Mar 2027 10:00, due Wed 31 Mar 2027 09:00" in said
    assert "opens Thu 25 Mar 2027 11:00, due Sun 28 Mar 2027 11:00 (*)" in said
    assert "The learner was enrolled Mon 1 Mar 2027 09:00 and has begun nothing since." in said
    assert "gives way to No-show" in said
    assert "{" not in said
    assert "None" not in said


def test_years_whose_holidays_nobody_knows_are_named() -> None:
    assert "Beware: de-by@2026 does not know the holidays of 2029." in explain(imagined("2029-03-01"), LOTO)


def test_as_json_it_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", "explain", "lockout-tagout", "--enrolled", "2027-03-01", "--json"]) == 0

    said = json.loads(capsys.readouterr().out)

    assert said == as_json(imagined("2027-03-01"))
    assert said["told"][0]["why"] == "The learner was enrolled Mon 1 Mar 2027 09:00 and has begun nothing since."


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], ["lockout-tagout", "--zone", "Berlin"]])
def test_what_cannot_be_explained_is_said_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", "explain", *arguments, "--enrolled", "2027-03-01"]) == 1

    assert capsys.readouterr().err.count("\n") == 1
