"""Fakes of what stands around the parts of a worker: a clock, an end, a broker that notes what it is told."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from faust.types import TP

from milepost.runtimes.kafka.app import App, build_app
from milepost.runtimes.kafka.bundle import Bundle
from milepost.settings import Settings
from milepost.tracker.station import Arrived, Step
from milepost_schemas.topics import Topic
from tests.runtimes.kafka.toy import ToyStation, nothing_to_learn


class Ended(BaseException):
    """The process would have ended here."""


def end(reason: str, error: BaseException | None = None) -> NoReturn:
    raise Ended(reason) from error


class Clock:
    """A clock that moves when it is told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Noted(list[str]):
    """What happened, in order."""

    def note(self, what: str) -> Any:
        def noting(*_: Any, **__: Any) -> None:
            self.append(what)

        return noting

    def note_async(self, what: str, answer: Any = None) -> Any:
        async def noting(*_: Any, **__: Any) -> Any:
            self.append(what)
            await asyncio.sleep(0)
            return answer

        return noting


def event(
    offset: int, *, partition: int = 0, key: bytes = b"k", value: bytes = b"v", noted: Noted | None = None
) -> Any:
    """Return a bundle of one message in the envelope in which an agent gets it."""
    return in_envelope(bundle(TP("t.learners", partition), record(offset, key=key, value=value)), noted)


def in_envelope(found: Bundle, noted: Noted | None = None) -> Any:
    """Return a bundle as an agent gets it."""
    noted = noted if noted is not None else Noted()
    return SimpleNamespace(message=found, ack=noted.note(f"acknowledged {found.partition}/{found.offset}"))


def record(offset: int, *, key: bytes = b"k", value: bytes = b"v") -> Any:
    """Return a message as the client has read it."""
    return SimpleNamespace(offset=offset, timestamp=1, timestamp_type=0, key=key, value=value)


def bundle(tp: TP, *records: Any, generation: int = 1) -> Bundle:
    """Return messages of a partition that came together."""
    return Bundle(tp, records, generation=generation)


def changelog_event(partition: int, key: bytes, value: bytes) -> Any:
    """Return a record of a changelog as recovery reads it."""
    found = bundle(TP("t.learners-records", partition), record(0, key=key, value=value))
    return SimpleNamespace(key=key, value=value, message=found)


class ScriptedStation:
    """Answers with the steps it was given, and notes when it is asked for the next."""

    def __init__(self, steps: Sequence[Step], noted: Noted, *, needed: Sequence[Any] = ()) -> None:
        self.topic = Topic.LEARNERS
        self._steps = steps
        self._noted = noted
        self._needed = needed
        self.held: dict[int, dict[bytes, bytes]] = {}

    def assign(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        self._noted.append(f"hold {partition}")
        self.held[partition] = dict(items)

    def revoke(self, partition: int) -> None:
        self._noted.append(f"let go {partition}")
        del self.held[partition]

    def needs(self, arrived: Sequence[Arrived]) -> Sequence[Any]:
        return self._needed

    def take(self, partition: int, arrived: Sequence[Arrived]) -> Iterator[Step]:
        for place, step in enumerate(self._steps, 1):
            self._noted.append(f"step {place}")
            yield step


NAMES: Mapping[Topic, str] = {topic: f"t.{topic.value}" for topic in Topic}


def app_of(folder: Path, **settings: Any) -> App:
    """Return an app of one toy that nobody starts; inside a loop."""
    made = Settings(kafka="127.0.0.1:9", topic_prefix="t.", partitions=4, data_dir=folder, **settings)
    return build_app(made, [ToyStation()], learned=nothing_to_learn, end=end)
