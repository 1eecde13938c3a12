"""Ids that are made from what they are about: the same parts, the same id, whenever and wherever it is asked for.

They are UUIDs of version 5 (RFC 4122, section 4.3) under the namespace of URLs. The library's `uuid5` gives the same
and takes four times as long, by way of a whole number; every fact and many statements need one.
"""

import hashlib
from uuid import NAMESPACE_URL

SEPARATOR = "\x1f"
"""Stands in no part that has a meaning for people, so that no two lists of parts read alike."""

VARIANTS = "89ab" * 4
"""What the two highest bits of a digit become, whatever they were."""

_begun = hashlib.sha1(NAMESPACE_URL.bytes, usedforsecurity=False)


def named_id(kind: str, *parts: str) -> str:
    """Return the id of the thing of this kind that these parts name."""
    digest = _begun.copy()
    digest.update(f"milepost:{kind}:{SEPARATOR.join(parts)}".encode("utf-8", "backslashreplace"))
    return _as_uuid(digest.hexdigest())


def _as_uuid(digits: str) -> str:
    """Return the first 32 hexadecimal digits as a UUID of version 5 and of the variant of RFC 4122."""
    variant = VARIANTS[int(digits[16], 16)]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
