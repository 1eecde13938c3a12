"""The records of a processor as they lie in its changelog: of each key the one that has read furthest."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from milepost.tracker import stored

SECONDS = 30.0


def read_records(bootstrap: str, changelog: str) -> dict[str, bytes]:
    """Return the records by key."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "onlooker", "enable.partition.eof": True})
    try:
        partitions = consumer.list_topics(changelog, timeout=SECONDS).topics[changelog].partitions
        consumer.assign([TopicPartition(changelog, partition, OFFSET_BEGINNING) for partition in partitions])
        left, found = set(partitions), dict[bytes, bytes]()
        while left:
            message = consumer.poll(SECONDS)
            assert message is not None, f"{changelog} was not read to its end"
            if message.error() is not None:
                left.discard(message.partition() or 0)
                continue
            key, value = message.key() or b"", message.value()
            if value is None:
                found.pop(key, None)
            elif key not in found or stored.watermark_of(value) >= stored.watermark_of(found[key]):
                found[key] = value
        return {key.decode(): stored.read(value).record for key, value in found.items()}
    finally:
        consumer.close()
