"""The topics of a site as they are declared, made and checked on the broker.

Making is idempotent. What is set on a topic is mended; the number of partitions of a topic never is, because its keys
would move away from their records.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from milepost.broker.administration import administering
from milepost.broker.client import addresses_of
from milepost.broker.failing import BrokerError, BrokerRefused
from milepost.settings import Settings
from milepost_schemas.instants import DAY
from milepost_schemas.streams import STREAMS, TABLES, Stream, Table
from milepost_schemas.topics import Topic

SEGMENT_BYTES = 64 * 1024 * 1024
"""The newest segment of a partition is never compacted: smaller ones keep short what a worker reads when it starts."""

SEGMENT_MILLISECONDS = DAY
"""Only whole segments are removed: what is past its time is gone a day later at most."""

COMPACTED_WITHIN = 3 * DAY
"""After so long what a newer message of the same key has replaced is gone, however little is written."""

SECONDS_TO_SPREAD = 10.0

UNKNOWN_TOPIC = 3
EXISTS_ALREADY = 36


Group = Literal["tracker", "archive", "projector"]
"""Who reads together: the workers their five inputs, the archive, the projectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A topic as it should lie on the broker."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it should be with a topic, and what to do about it."""

    topic: str
    says: str
    mend: str

    def __str__(self) -> str:
        return f"{self.topic} {self.says}; {self.mend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was done: topics that are new, topics whose configuration was mended, and what nobody but a person mends."""

    created: Sequence[str]
    mended: Sequence[str]
    left: Sequence[Difference]


class TopicsDiffer(BrokerError):
    """The topics are not as this version needs them."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__("\n".join(str(difference) for difference in differences))
        self.differences = differences


def name_of(settings: Settings, topic: Topic) -> str:
    """Return what the broker calls a topic."""
    return f"{settings.topic_prefix}{topic.value}"


def records_name_of(settings: Settings, topic: Topic) -> str:
    """Return what the broker calls the changelog of a processor's records, by the processor's input."""
    return f"{name_of(settings, topic)}-records"


def group_name_of(settings: Settings, group: Group) -> str:
    """Return what the broker calls the group of consumers that share one reading."""
    return f"{settings.topic_prefix}{group}"


def partitions_of(settings: Settings, topic: Topic) -> int:
    """Return into how many partitions a topic is parted."""
    return settings.partitions if STREAMS[topic].partitions == "many" else 1


def wanted(settings: Settings) -> list[Wanted]:
    """Return every topic that a site needs, as it should be."""
    streams = [_wanted_stream(settings, stream) for stream in STREAMS.values()]
    return streams + [_wanted_table(settings, table) for table in TABLES.values()]


def create(settings: Settings) -> Made:
    """Make the topics that are missing and mend the configuration of the others; raise BrokerError."""
    all_wanted = wanted(settings)
    with administering(settings) as admin:
        created = _create_missing(admin, settings, all_wanted)
        mended = _mend(admin, settings, [each for each in all_wanted if each.name not in created])
        return Made(created=created, mended=mended, left=_differences(admin, all_wanted))


def check(settings: Settings) -> list[Difference]:
    """Return all that is missing or differs; nothing is changed. Raise BrokerError."""
    with administering(settings) as admin:
        return _differences(admin, wanted(settings))


def require(settings: Settings) -> None:
    """Raise TopicsDiffer unless every topic is as it should be, or another BrokerError."""
    found = check(settings)
    if found:
        raise TopicsDiffer(found)


def _wanted_stream(settings: Settings, stream: Stream) -> Wanted:
    configs = {
        "cleanup.policy": stream.kept,
        "retention.ms": str(-1 if stream.retention is None else stream.retention),
        "max.message.bytes": str(stream.most_bytes),
    }
    if stream.kept == "compact":
        configs |= _compacted()
    partitions = partitions_of(settings, stream.topic)
    return _wanted(settings, name_of(settings, stream.topic), partitions, configs)


def _wanted_table(settings: Settings, table: Table) -> Wanted:
    configs = {
        "cleanup.policy": "compact",
        "retention.ms": "-1",
        "max.message.bytes": str(table.most_bytes),
        "min.compaction.lag.ms": str(table.settled),
        **_compacted(),
    }
    return _wanted(settings, records_name_of(settings, table.topic), settings.partitions, configs)


def _compacted() -> Mapping[str, str]:
    return {"segment.bytes": str(SEGMENT_BYTES), "max.compaction.lag.ms": str(COMPACTED_WITHIN)}


def _wanted(settings: Settings, name: str, partitions: int, configs: Mapping[str, str]) -> Wanted:
    for_all = {
        "message.timestamp.type": "CreateTime",
        "segment.ms": str(SEGMENT_MILLISECONDS),
        "compression.type": "producer",
        "unclean.leader.election.enable": "false",
    }
    if settings.replication > 1:
        # What is acknowledged lies on so many brokers: it outlives the loss of one.
        for_all["min.insync.replicas"] = str(max(2, settings.replication - 1))
    return Wanted(name=name, partitions=partitions, replication=settings.replication, configs={**for_all, **configs})


def _create_missing(admin: KafkaAdminClient, settings: Settings, all_wanted: Sequence[Wanted]) -> list[str]:
    """Make what is missing; another process may do the same at this moment."""
    there = _described(admin, all_wanted)
    missing = {
        each.name: {
            "num_partitions": each.partitions,
            "replication_factor": each.replication,
            "configs": dict(each.configs),
        }
        for each in all_wanted
        if each.name not in there
    }
    if not missing:
        return []
    answers = admin.create_topics(missing, raise_errors=False)["topics"]
    for answer in answers:
        if answer["error_code"] not in (0, EXISTS_ALREADY):
            why = answer["error_message"] or f"error {answer['error_code']}"
            raise BrokerRefused(", ".join(addresses_of(settings)), f"make {answer['name']}", why)
    admin.wait_for_topics(list(missing))
    return [answer["name"] for answer in answers if answer["error_code"] == 0]


def _mend(admin: KafkaAdminClient, settings: Settings, all_wanted: Sequence[Wanted]) -> list[str]:
    """Set what differs in the configuration; what a site sets beside it stays."""
    found = _configured(admin, all_wanted)
    wrong = {each.name: _wrong(each, found[each.name]) for each in all_wanted}
    resources = [ConfigResource("TOPIC", name, configs=configs) for name, configs in wrong.items() if configs]
    if not resources:
        return []
    for name, answer in admin.alter_configs(resources)["topic"].items():
        if answer != "OK":
            raise BrokerRefused(", ".join(addresses_of(settings)), f"configure {name}", answer)
    mended = [each for each in all_wanted if wrong[each.name]]
    _wait_until_configured(admin, mended)
    return [each.name for each in mended]


def _wait_until_configured(admin: KafkaAdminClient, mended: Sequence[Wanted]) -> None:
    """Wait until the brokers have heard from the controller; what they have not in time is told as a difference."""
    until = time.monotonic() + SECONDS_TO_SPREAD
    while time.monotonic() < until:
        found = _configured(admin, mended)
        if not any(_wrong(each, found[each.name]) for each in mended):
            return
        time.sleep(0.05)


def _differences(admin: KafkaAdminClient, all_wanted: Sequence[Wanted]) -> list[Difference]:
    there = _described(admin, all_wanted)
    configured = _configured(admin, [each for each in all_wanted if each.name in there])
    found: list[Difference] = []
    for each in all_wanted:
        if each.name not in there:
            found.append(Difference(each.name, "is missing", "`milepost topics create` makes it"))
            continue
        found += _differences_of_partitions(each, there[each.name])
        found += [
            Difference(
                each.name,
                f"has {key}={configured[each.name].get(key)} where {value} is needed",
                "`milepost topics create` sets it",
            )
            for key, value in _wrong(each, configured[each.name]).items()
        ]
    return found


def _differences_of_partitions(each: Wanted, partitions: Sequence[Mapping[str, Any]]) -> Iterable[Difference]:
    if len(partitions) != each.partitions:
        yield Difference(
            each.name,
            f"has {len(partitions)} partitions where {each.partitions} are needed",
            _mending_partitions(len(partitions), each.partitions),
        )
    fewest = min(len(partition["replica_nodes"]) for partition in partitions)
    if fewest < each.replication:
        yield Difference(
            each.name,
            f"lies on {fewest} of the {each.replication} brokers that MILEPOST_REPLICATION asks for",
            "give its partitions more replicas with Kafka's own tools, or ask for fewer",
        )


def _mending_partitions(found: int, needed: int) -> str:
    if needed == 1:
        return "it must have one: delete it, and `milepost topics create` makes it anew"
    return (
        f"set MILEPOST_PARTITIONS={found} if all topics have so many: "
        "the number never changes while a topic is in use, since its keys would move away from their records"
    )


def _described(admin: KafkaAdminClient, all_wanted: Sequence[Wanted]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the partitions of each topic that is there."""
    found = admin.describe_topics([each.name for each in all_wanted])
    return {topic["name"]: topic["partitions"] for topic in found if topic["error_code"] != UNKNOWN_TOPIC}


def _configured(admin: KafkaAdminClient, all_wanted: Sequence[Wanted]) -> dict[str, dict[str, str]]:
    """Return what counts now for each topic, whoever set it: the topic, the broker, or Kafka's own default."""
    if not all_wanted:
        return {}
    asked = [ConfigResource("TOPIC", each.name, configs=list(each.configs)) for each in all_wanted]
    found = admin.describe_configs(asked, config_filter="all")["topic"]
    return {name: {key: said["value"] for key, said in configs.items()} for name, configs in found.items()}


def _wrong(each: Wanted, found: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in each.configs.items() if found.get(key) != value}
