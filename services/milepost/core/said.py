"""What a record has said: a digest of it is kept, so that nothing is said twice; and of two owners the later counts."""

from hashlib import blake2b
from typing import Any

import msgspec

from milepost_schemas.messages import Owner


def digest_of(saying: Any) -> bytes:
    """Return what tells a saying from any other: twelve bytes."""
    return blake2b(msgspec.msgpack.encode(saying), digest_size=12).digest()


def take_owner(owners: dict[str, Owner], owner: Owner) -> None:
    """Keep who an identifier is; an earlier word of its resolver changes nothing."""
    earlier = owners.get(owner.identifier)
    if earlier is None or owner.version >= earlier.version:
        owners[owner.identifier] = owner
