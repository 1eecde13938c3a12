"""Records that earlier releases wrote are read for ever: files are only ever added to `records/`, never changed.

`python -m tests.tracker.test_old_records NAME` adds the records of today under a name.
"""

import hashlib
import sys
from pathlib import Path

import msgspec
import pytest

from milepost.core.processors import PROCESSORS
from milepost.stories import read_story, run_story
from milepost.stories.pure import PureWorld
from milepost.tracker import stored
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.station import Arrived, Station
from milepost_schemas.instants import DAY, from_text
from milepost_schemas.messages import Tick
from milepost_schemas.topics import Topic, encode
from tests.tracker.simulated import SimulatedSite

FOLDER = Path(__file__).parent / "records"
FILES = sorted(FOLDER.glob("*.msgpack"))
STORIES = Path(__file__).parents[1] / "stories" / "scenarios"
DIGESTS = FOLDER / "sha256"


def records_in(file: Path) -> dict[str, list[tuple[bytes, bytes]]]:
    """Return the records of a file: by topic, key and value."""
    return msgspec.msgpack.decode(file.read_bytes(), type=dict[str, list[tuple[bytes, bytes]]])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_records_of_an_earlier_release_are_held_and_go_on(file: Path) -> None:
    for topic, items in records_in(file).items():
        processor = PROCESSORS[Topic(topic)]
        station = Station(processor, Catalogs(), lambda key: 0, partitions=1)

        station.assign(0, items)
        tick = Tick(tenant="story", at=from_text("2027-09-07T12:00:00Z"))
        steps = list(station.take(0, [Arrived(10**9, None, encode(tick), 0)]))

        assert station.records(0) == len(items) > 0
        assert not any(output.topic is Topic.DEAD_LETTERS for step in steps for output in step.outputs)
        for _, value in items:
            msgspec.msgpack.decode(stored.read(value).record, type=processor.record)


def test_a_file_of_records_never_changes() -> None:
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in FILES]

    assert sorted(lines) == sorted(DIGESTS.read_text().splitlines())
    assert FILES


def write(name: str) -> None:
    """Write the records that a story with everything in it leaves behind."""
    site = SimulatedSite(1, crashes=0)
    run_story(read_story(STORIES / "guest.yaml"), make=lambda story: PureWorld(story, site))
    site.tick("story", from_text("2026-12-01T00:00:00Z") + DAY)
    file = FOLDER / f"{name}.msgpack"
    found = {topic.value: sorted(site.values(topic)) for topic in PROCESSORS}
    file.write_bytes(msgspec.msgpack.encode(found))
    with DIGESTS.open("a") as digests:
        digests.write(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")


if __name__ == "__main__":
    write(sys.argv[1])
