"""What the tracker keeps: records, what they wait for, programs, and since when a tenant is tracked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from milepost.ports import Kept
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.tables import METADATA
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.topics import Topic
from tests.store.builders import NOON

LEARNERS = Topic.LEARNERS


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


def test_a_version_of_a_program_stays_as_it_was_published_first(keep: SqlKeep) -> None:
    first = ProgramPublished(tenant="default", program="p", version=1, published_at=NOON, definition={"id": "p"})

    keep.publish(first)
    keep.publish(replace(first, definition={"id": "other"}))
    keep.publish(replace(first, version=2))

    assert keep.programs("default") == [first, replace(first, version=2)]


def test_a_tenant_is_tracked_from_when_it_was_made(keep: SqlKeep) -> None:
    assert keep.tracking_from("default") == NOON
