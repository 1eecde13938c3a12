"""In which partition a key lies: murmur2, as the Java client has it, so that every producer agrees about every key."""

from functools import lru_cache

from kafka.partitioner.default import murmur2

KEYS_REMEMBERED = 65_536
"""A hash takes some microseconds, and the keys of a busy hour come again and again."""


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key among so many."""
    return _positive_hash(key) % partitions


@lru_cache(maxsize=KEYS_REMEMBERED)
def _positive_hash(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF
