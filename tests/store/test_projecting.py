"""What is shown of a record is replaced whole by a newer version of it, and each change is told once."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from milepost.store.keep import SqlKeep
from milepost.store.tables import shown
from milepost_schemas.changes import GapOpened
from milepost_schemas.projections import (
    ChannelRow,
    OfferingProjected,
    ParticipantRow,
    SessionRow,
    SourceProjected,
    StepRow,
)
from tests.store.builders import NOON, gap, learner

OPENED = GapOpened(
    tenant="default",
    at=NOON,
    gap_id="g1",
    gap="never_started",
    subject_kind="journey",
    subject="ana/course/1",
    severity="warning",
    since=NOON,
)


def rows(keep: SqlKeep, table: Any) -> list[Any]:
    return list(keep._connection.execute(select(table)).mappings())


def test_a_newer_version_replaces_all_rows_of_its_learner_and_nobody_elses(keep: SqlKeep) -> None:
    keep.project([learner("ana"), learner("ben")])
    keep.project([learner("ana", version=2, journeys=(), gaps=(gap("g9", state="resolved"),))])

    assert [row["learner"] for row in rows(keep, shown.journeys)] == ["ben"]
    assert [row["learner"] for row in rows(keep, shown.steps)] == ["ben"]
    assert {(row["gap_id"], row["owner"], row["stands"]) for row in rows(keep, shown.gaps)} == {
        ("g9", "ana", False),
        ("gap-ben", "ben", True),
    }
    assert keep.learners_of("default", "course") == ["ben"]


STEP = StepRow(step="theory", stage="pre_learning", state="due", due_at=NOON)


STEPS_LATER = (
    (STEP, replace(STEP, step="practice")),
    (replace(STEP, state="done", done_at=NOON),),
    (replace(STEP, due_at=None),),
    (STEP, replace(STEP, occurrence=1, state="missed")),
    (),
)


@pytest.mark.parametrize("later", STEPS_LATER)
@pytest.mark.parametrize("cohort", ["spring", "autumn", None])
def test_steps_are_those_of_the_newest_journeys_whatever_they_were_before(
    keep: SqlKeep, later: tuple[StepRow, ...], cohort: str | None
) -> None:
    [journey] = learner("ana").journeys
    before = replace(journey, steps=(STEP, replace(STEP, step="survey")))
    after = replace(journey, steps=later, cohort=cohort)
    keep.project([learner(name, journeys=(before,)) for name in ("ana", "ben")])

    keep.project([learner("ana", version=2, journeys=(after, replace(before, program="other")))])

    columns = ("learner", "program", "step", "occurrence", "cohort", "stage", "state", "due_at", "done_at")
    found = {tuple(row[name] for name in columns) for row in rows(keep, shown.steps)}
    assert found == {
        (name, program, each.step, each.occurrence, in_cohort, each.stage, each.state, each.due_at, each.done_at)
        for name, program, in_cohort, steps in (
            ("ana", "course", cohort, later),
            ("ana", "other", "spring", before.steps),
            ("ben", "course", "spring", before.steps),
        )
        for each in steps
    }
    assert {(row["learner"], row["cohort"]) for row in rows(keep, shown.gaps)} == {("ana", cohort), ("ben", "spring")}


def test_a_learner_who_is_called_as_a_source_has_other_gaps_than_it(keep: SqlKeep) -> None:
    source = SourceProjected(tenant="default", source="ana", version=1, as_of=NOON)
    keep.project([learner("ana"), replace(source, gaps=(gap("of the source", subject_kind="source"),))])

    keep.project([replace(source, version=2)])

    assert [row["gap_id"] for row in rows(keep, shown.gaps)] == ["gap-ana"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_or_an_equal_version_changes_nothing(keep: SqlKeep, version: int) -> None:
    keep.project([learner("ana", version=2)])
    keep.project([learner("ana", version=version, journeys=(), gaps=())])

    assert [row["learner"] for row in rows(keep, shown.journeys)] == ["ana"]
    assert len(rows(keep, shown.gaps)) == 1


def test_a_change_is_told_once(keep: SqlKeep) -> None:
    keep.project([learner("ana", changes=(OPENED,))])
    keep.project([learner("ana", changes=(OPENED,))])

    assert [(row["owner"], row["gap_id"], row["type"]) for row in rows(keep, shown.changes)] == [
        ("ana", "g1", "milepost.gap.opened.v1")
    ]


def test_of_several_versions_at_once_the_newest_is_shown_and_each_newer_one_is_told(keep: SqlKeep) -> None:
    keep.project([learner("ana", version=2, changes=(OPENED,))])

    keep.project(
        [
            learner("ana", version=4, journeys=(), changes=(replace(OPENED, gap_id="g4"),)),
            learner("ana", version=1, changes=(replace(OPENED, gap_id="g0"),)),
            learner("ana", version=3, changes=(replace(OPENED, gap_id="g3"),)),
            learner("ben", version=1, changes=(replace(OPENED, gap_id="g5"),)),
        ]
    )

    told = sorted((row["owner"], row["version"], row["gap_id"]) for row in rows(keep, shown.changes))
    assert told == [("ana", 2, "g1"), ("ana", 3, "g3"), ("ana", 4, "g4"), ("ben", 1, "g5")]
    assert {(row["learner"], row["version"]) for row in rows(keep, shown.learners)} == {("ana", 4), ("ben", 1)}
    assert [row["learner"] for row in rows(keep, shown.journeys)] == ["ben"]


def test_a_learners_gap_is_found_by_the_cohort_of_its_journey(keep: SqlKeep) -> None:
    keep.project([learner("ana")])

    assert [row["cohort"] for row in rows(keep, shown.gaps)] == ["spring"]


def test_an_offering_is_shown_with_its_sessions_and_who_was_there(keep: SqlKeep) -> None:
    participant = ParticipantRow(identifiers=("i1",), learner=None, standing="provisional", minutes=12)
    session = SessionRow(
        session="s1",
        part=1,
        start_at=NOON,
        end_at=NOON + 1,
        zone=None,
        canceled=False,
        channels=(ChannelRow(channel="room", source="sheet", showed=False, closed=False),),
        participants=(participant,),
    )
    offering = OfferingProjected(
        tenant="default", offering="o1", version=1, as_of=NOON, course="c", cohort="spring", sessions=(session,),
        gaps=(gap("g1", subject_kind="session", learner=None, program=None),),
    )  # fmt: skip

    keep.project([offering])

    assert [(row["offering"], row["session"]) for row in rows(keep, shown.sessions)] == [("o1", "s1")]
    assert [(row["standing"], row["minutes"]) for row in rows(keep, shown.participants)] == [("provisional", 12)]
    assert [row["cohort"] for row in rows(keep, shown.gaps)] == ["spring"]

    keep.project([replace(offering, version=2, sessions=(), gaps=())])

    assert rows(keep, shown.sessions) == rows(keep, shown.participants) == rows(keep, shown.gaps) == []


def test_a_source_comes_back_as_it_was_projected(keep: SqlKeep) -> None:
    source = SourceProjected(tenant="default", source="lms", version=1, as_of=NOON, kind="moodle", heard_until=NOON)

    keep.project([replace(source, gaps=(gap("g1", subject_kind="source"),))])

    assert keep.source_rows("default") == [source]
    assert keep.source_rows("other") == []
