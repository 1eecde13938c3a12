"""Names in short: most facts are named by a UUID, and a record holds many of them."""

from binascii import a2b_base64, b2a_base64

_MARK = "~"
"""Stands before a UUID in short, and before any other name that begins with it."""


def shortened(name: str) -> str:
    """Return a UUID, as RFC 4122 writes it, in 23 characters; any other name as it is."""
    if name.startswith(_MARK):
        return _MARK + name
    if len(name) != 36:
        return name
    try:
        octets = bytes.fromhex(name.replace("-", ""))
    except ValueError:
        return name
    if len(octets) != 16 or _uuid(octets) != name:
        return name
    return _MARK + b2a_base64(octets)[:22].decode()


def in_full(short: str) -> str:
    """Return the name that was shortened."""
    if not short.startswith(_MARK):
        return short
    rest = short[1:]
    return rest if rest.startswith(_MARK) else _uuid(a2b_base64(rest + "==", strict_mode=True))


def _uuid(octets: bytes) -> str:
    digits = octets.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
