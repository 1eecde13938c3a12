"""A topic read once, from its beginning or from some offsets up to where it ends now, without a group."""

from collections.abc import Iterator, Mapping

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from milepost.broker.client import addresses_of
from milepost.broker.failing import BrokerAway
from milepost.broker.inbox import SECONDS_TO_ANSWER, Received, as_broker_error, consumer_options, received_as
from milepost.broker.topics import name_of, partitions_of, records_name_of
from milepost.settings import Settings
from milepost_schemas.topics import Topic


def read_topic(settings: Settings, topic: Topic, positions: Mapping[int, int] | None = None) -> Iterator[Received]:
    """Yield what lies in a topic, each partition's in its order, from an offset where it has one; raise BrokerError."""
    yield from _read(settings, topic, name_of(settings, topic), positions or {})


def read_records(settings: Settings, topic: Topic) -> Iterator[Received]:
    """Yield what lies in the changelog of a processor's records, which it keeps beside its topic; raise BrokerError.

    Of one that was taken back, the value is empty.
    """
    yield from _read(settings, topic, records_name_of(settings, topic), {})


def _read(settings: Settings, topic: Topic, name: str, positions: Mapping[int, int]) -> Iterator[Received]:
    consumer = Consumer(consumer_options(settings, "tracker") | {"enable.partition.eof": True})
    left = set(range(partitions_of(settings, topic)))
    try:
        consumer.assign([TopicPartition(name, number, positions.get(number, OFFSET_BEGINNING)) for number in left])
        while left:
            message = consumer.poll(SECONDS_TO_ANSWER)  # to consume many would wait for as many, also past the end
            if message is None:
                raise BrokerAway(", ".join(addresses_of(settings)))
            if _is_end(message):
                left.discard(message.partition() or 0)
            else:
                yield received_as(topic, message)
    except KafkaException as error:
        raise as_broker_error(settings, error, f"let {name} be read") from error
    finally:
        consumer.close()


def _is_end(message: "Message[bytes, bytes]") -> bool:
    problem = message.error()
    if problem is not None and problem.code() != KafkaError._PARTITION_EOF:
        raise KafkaException(problem)
    return problem is not None
