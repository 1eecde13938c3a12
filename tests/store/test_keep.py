from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from milepost.ports import Filed, Kept
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.tables import METADATA, shown
from milepost_schemas.changes import GapOpened
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.projections import (
    ChannelRow,
    OfferingProjected,
    ParticipantRow,
    SessionRow,
    SourceProjected,
    StepRow,
)
from milepost_schemas.topics import Topic
from tests.store.builders import NOON, activity, gap, learner, make_tenant

LEARNERS = Topic.LEARNERS


@pytest.fixture
def keep(database: Database) -> Iterator[SqlKeep]:
    sql = SqlKeep()
    with database.writing() as connection, sql.on(connection):
        make_tenant(connection, "default", at=NOON)
        yield sql


def rows(keep: SqlKeep, table: Any) -> list[Any]:
    return list(keep._connection.execute(select(table)).mappings())


def test_a_record_is_found_as_it_was_kept_last(keep: SqlKeep) -> None:
    keep.save(LEARNERS, {"default/ana": Kept(b"one", ()), "default/ben": Kept(b"two", ())})
    keep.save(LEARNERS, {"default/ana": Kept(b"three", ())})

    assert keep.load(LEARNERS, ["default/ana", "default/ben", "default/eve"]) == {
        "default/ana": b"three",
        "default/ben": b"two",
    }
    assert keep.load(Topic.OFFERINGS, ["default/ana"]) == {}


def test_more_records_than_a_query_has_parameters(keep: SqlKeep) -> None:
    keep.save(LEARNERS, {f"default/{n}": Kept(b"%d" % n, (("", n),)) for n in range(40_000)})

    assert len(keep.load(LEARNERS, [f"default/{n}" for n in range(50_000)])) == 40_000
    assert len(keep.due(LEARNERS, "default", 100, {})) == 101


def test_what_a_record_waited_for_before_wakes_it_no_more(keep: SqlKeep) -> None:
    keep.save(LEARNERS, {"default/ana": Kept(b"", (("", 10), ("lms", 20)))})
    keep.save(LEARNERS, {"default/ana": Kept(b"", (("", 30),))})

    assert keep.due(LEARNERS, "default", 29, {}) == []
    assert keep.due(LEARNERS, "default", 30, {}) == ["default/ana"]


SOURCES = ("", "lms", "zoom", "room")
waits_of = st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 20), max_size=4)


@given(
    waits=st.dictionaries(st.sampled_from(["t/a", "t/b", "t/c", "u/a"]), waits_of, max_size=4),
    at=st.integers(0, 20),
    lagging=st.dictionaries(st.sampled_from((*SOURCES[1:], "unused")), st.integers(0, 20), max_size=3),
)
def test_due_is_who_waits_for_a_moment_that_its_source_has_reached(
    waits: dict[str, dict[str, int]], at: int, lagging: dict[str, int]
) -> None:
    database = Database(":memory:")
    keep = SqlKeep()

    with database.writing() as connection, keep.on(connection):
        METADATA.create_all(connection)
        keep.save(LEARNERS, {key: Kept(b"", tuple(each.items())) for key, each in waits.items()})
        due = keep.due(LEARNERS, "t", at, lagging)

    database.close()
    assert due == sorted(
        key
        for key, each in waits.items()
        if key.startswith("t/") and any(until <= lagging.get(source, at) for source, until in each.items())
    )


def test_a_fact_is_filed_once_and_comes_back_as_it_was(keep: SqlKeep) -> None:
    fact = activity(score=0.5, claims=("completed", "passed"))

    keep.file([Filed("default", "i1", fact, "ana")])
    keep.file([Filed("default", "i1", replace(fact, source="other"), "ana")])

    assert keep.facts_of("default", "i1") == [fact]


def test_of_each_identifier_and_activity_of_a_source_the_last_known_fact_is_found(keep: SqlKeep) -> None:
    def filed(fact_id: str, identifier: str, *, known: bool = True, **changes: Any) -> Filed:
        return Filed("default", identifier, activity(fact_id=fact_id, **changes), f"actor-{identifier}", known)

    keep.file([filed("a1", "i1"), filed("a2", "i1"), filed("a3", "i1", activity="https://lms.example.com/other")])
    keep.file([filed("b1", "i2"), filed("b2", "i2", known=False), filed("b3", "i2", source="elsewhere")])
    keep.file([Filed("another", "i1", activity(tenant="another", fact_id="c1"), "actor-i1")])

    found = keep.latest_activities("default", activity().source)

    assert [(one.identifier, one.actor, one.fact.fact_id) for one in found] == [
        ("i1", "actor-i1", "a2"),
        ("i1", "actor-i1", "a3"),
        ("i2", "actor-i2", "b1"),
    ]


def test_an_unknown_activity_becomes_known_and_stays_so(keep: SqlKeep) -> None:
    keep.file([Filed("default", "i1", activity(), "ana", known=False)])

    assert [each.fact for each in keep.unknown_activities("default")] == [activity()]
    assert keep.facts_of("default", "i1") == []

    keep.file([Filed("default", "i1", activity(), "ana", known=True)])
    keep.file([Filed("default", "i1", activity(), "ana", known=False)])

    assert keep.unknown_activities("default") == []
    assert keep.facts_of("default", "i1") == [activity()]


def test_a_version_of_a_program_stays_as_it_was_published_first(keep: SqlKeep) -> None:
    first = ProgramPublished(tenant="default", program="p", version=1, published_at=NOON, definition={"id": "p"})

    keep.publish(first)
    keep.publish(replace(first, definition={"id": "other"}))
    keep.publish(replace(first, version=2))

    assert keep.programs("default") == [first, replace(first, version=2)]


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
    opened = GapOpened(
        tenant="default",
        at=NOON,
        gap_id="g1",
        gap="never_started",
        subject_kind="journey",
        subject="ana/course/1",
        severity="warning",
        since=NOON,
    )

    keep.project([learner("ana", changes=(opened,))])
    keep.project([learner("ana", changes=(opened,))])

    assert [(row["owner"], row["gap_id"], row["type"]) for row in rows(keep, shown.changes)] == [
        ("ana", "g1", "milepost.gap.opened.v1")
    ]


def test_of_several_versions_at_once_the_newest_is_shown_and_each_newer_one_is_told(keep: SqlKeep) -> None:
    opened = GapOpened(
        tenant="default",
        at=NOON,
        gap_id="g1",
        gap="never_started",
        subject_kind="journey",
        subject="ana/course/1",
        severity="warning",
        since=NOON,
    )
    keep.project([learner("ana", version=2, changes=(opened,))])

    keep.project(
        [
            learner("ana", version=4, journeys=(), changes=(replace(opened, gap_id="g4"),)),
            learner("ana", version=1, changes=(replace(opened, gap_id="g0"),)),
            learner("ana", version=3, changes=(replace(opened, gap_id="g3"),)),
            learner("ben", version=1, changes=(replace(opened, gap_id="g5"),)),
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


def test_a_tenant_is_tracked_from_when_it_was_made(keep: SqlKeep) -> None:
    assert keep.tracking_from("default") == NOON
