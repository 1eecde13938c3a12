"""Who hears nothing new is not assessed again: nobody can tell, whatever the story."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from milepost.core.processors.learners import LearnerRecord
from milepost.tracker.memory import MemoryKeep
from milepost_schemas.topics import Topic
from tests.laws.delivery import steps
from tests.laws.effort import examples
from tests.laws.stories import Story, stories


@examples(60)
@given(stories(), st.integers(0, 2**20))
def test_who_is_not_assessed_again_would_have_said_nothing(story: Story, seed: int) -> None:
    for one, other in zip(steps(story, seed), steps(story, seed), strict=True):
        assert one.keep.rows == other.keep.rows
        assert one.keep.changes == other.keep.changes
        assert waits(one.keep) == waits(other.keep)
        unsettle(other.keep)


def waits(keep: MemoryKeep) -> object:
    """Return what every learner waits for."""
    return keep._waits[Topic.LEARNERS]


def unsettle(keep: MemoryKeep) -> None:
    """Let every learner be assessed anew when anything comes."""
    records = keep._records[Topic.LEARNERS]
    for key, stored in records.items():
        record = msgspec.msgpack.decode(stored, type=LearnerRecord)
        record.settled = None
        records[key] = msgspec.msgpack.encode(record)
