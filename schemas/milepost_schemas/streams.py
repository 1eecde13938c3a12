"""How each topic lies in Kafka: its partitions, how long it keeps what it holds, and what it is for.

All topics that records are kept by have one number of partitions, so that what is about one key lies everywhere in the
partition of one number. It never changes for topics that are in use: a key would move away from its record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from milepost_schemas.instants import DAY
from milepost_schemas.topics import Topic

PROCESSOR_TOPICS = (Topic.SOURCES, Topic.ACTORS, Topic.MEETINGS, Topic.OFFERINGS, Topic.LEARNERS)
"""The inputs of the processors, each of which has a table of records beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One topic. `retention` is milliseconds; None keeps what it holds for good.

    `partitions` is "many" (the number of the site) or "one"; `kept` is `delete` (for the retention) or `compact` (the
    last message of each key).
    """

    topic: Topic
    purpose: str
    partitions: Literal["many", "one"] = "many"
    kept: Literal["delete", "compact"] = "delete"
    retention: int | None = 7 * DAY
    most_bytes: int = 8 * 1024 * 1024
    """How large one message can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The changelog of a processor's records, compacted.

    Nothing younger than `settled` (milliseconds) is, so that what a paused worker wrote over a record never outlives
    the better one.
    """

    topic: Topic
    settled: int = DAY // 4
    most_bytes: int = 8 * 1024 * 1024


STREAMS: Mapping[Topic, Stream] = {
    stream.topic: stream
    for stream in (
        Stream(
            topic=Topic.RAW_MESSAGES,
            purpose="What the gateway has acknowledged, as it came, until the archive accepts it. Personal data.",
            retention=3 * DAY,
            most_bytes=32 * 1024 * 1024,
        ),
        Stream(
            topic=Topic.SOURCES,
            purpose="Input of the sources: up to when each was heard; gaps of a source.",
        ),
        Stream(
            topic=Topic.ACTORS,
            purpose="Input of the resolver: who an identifier is. Facts here carry a keyed digest of the identifier.",
        ),
        Stream(
            topic=Topic.MEETINGS,
            purpose="Input of the meetings: presence, assigned to the sessions that use a meeting.",
        ),
        Stream(
            topic=Topic.OFFERINGS,
            purpose="Input of the offerings: each learner's seat, with what came of it; gaps of a session.",
        ),
        Stream(
            topic=Topic.LEARNERS,
            purpose="Input of the learners: steps, stages and gaps of every journey.",
        ),
        Stream(
            topic=Topic.FACTS,
            purpose="Every fact of an identifier, for the facts table, and what is asked of it.",
        ),
        Stream(
            topic=Topic.CATALOG,
            purpose="What every worker reads whole: programs, sources as they stand, tenants, a hold on records.",
            partitions="one",
            kept="compact",
            retention=None,
        ),
        Stream(
            topic=Topic.PROJECTIONS,
            purpose="What a record shows of itself, whole: what pages are rebuilt from.",
            kept="compact",
            retention=None,
        ),
        Stream(
            topic=Topic.CHANGES,
            purpose="What is true now and was not before, told to the world.",
            retention=30 * DAY,
        ),
        Stream(
            topic=Topic.DEAD_LETTERS,
            purpose="What could not be taken in, and why, until somebody decides.",
            partitions="one",
            retention=None,
            most_bytes=48 * 1024 * 1024,
        ),
    )
}

TABLES: Mapping[Topic, Table] = {topic: Table(topic=topic) for topic in PROCESSOR_TOPICS}
