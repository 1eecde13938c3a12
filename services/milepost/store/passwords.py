"""Passwords: kept as argon2id writes them, compared in the same time whether or not there is an account."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 500

AT_ONCE = 2
"""How many passwords are worked on at once: each takes 64 MiB while it is."""

_hasher = PasswordHasher()
_turns = BoundedSemaphore(AT_ONCE)

NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$1vW1RvIfXL75TVu9fwaNlA$zDjfjeXI2nqCznXHimOuS8rJwsvjP8MSGtPnZNH2NeY"
"""What a password is compared with where there is no account: it takes as long, and fits none."""


class PasswordRefused(ValueError):
    """A password cannot be taken; the message says why."""


def hashed(password: str) -> str:
    """Return a new password as it is kept; raise PasswordRefused for one that is too short or too long."""
    if len(password) < SHORTEST:
        raise PasswordRefused(f"a password needs at least {SHORTEST} characters; four words in a row are a good one")
    if len(password) > LONGEST:
        raise PasswordRefused(f"a password has at most {LONGEST} characters")
    with _turns:
        return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Say whether this is the password that is kept; it takes as long where none is."""
    with _turns:
        try:
            _hasher.verify(kept or NOBODYS, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None
