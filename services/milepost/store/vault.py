"""What the server key protects: digests of access keys, actor keys, and the secrets that must be readable again.

Losing the key means new access keys and new webhook secrets, and that known identifiers are nobody's until they are
linked again. Nothing else hangs on it.
"""

import base64
import hmac
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from milepost.store.durable import draft_of, give_name

KEY_BYTES = 32

KEPT_ACTOR_KEYS = 8192
LONGEST_KEPT = 256


class SecretUnreadable(ValueError):
    """A stored secret was encrypted under another server key: give the source a new one."""


class Vault:
    """Digests and encryption under one server key."""

    def __init__(self, server_key: bytes) -> None:
        """Derive a key of its own for each purpose."""
        if len(server_key) < KEY_BYTES:
            raise ValueError(f"a server key needs at least {KEY_BYTES} bytes")
        self._server_key = server_key
        self._box = Fernet(base64.urlsafe_b64encode(self._derived("secrets")))
        self._actor_digest = hmac.new(self._derived("actor"), digestmod="sha256")
        self._key_digest = hmac.new(self._derived("key"), digestmod="sha256")
        self._kept_actor_key = lru_cache(maxsize=KEPT_ACTOR_KEYS)(self._actor_key)

    def actor_key(self, tenant: str, identifier: str) -> str:
        """Return the keyed hash of a normalized identifier: 32 hexadecimal digits.

        The same few thousand people come all day, so those of short identifiers are kept.
        """
        hashed = self._kept_actor_key if len(identifier) <= LONGEST_KEPT else self._actor_key
        return hashed(tenant, identifier)

    def _actor_key(self, tenant: str, identifier: str) -> str:
        return _digest(self._actor_digest, f"{tenant}\x1f{identifier}")[:32]

    def key_digest(self, key: str) -> str:
        """Return the digest under which an access key is kept."""
        return _digest(self._key_digest, key)

    def fingerprint(self) -> str:
        """Return what tells this server key from others, and says nothing about it."""
        return self._derived("fingerprint").hex()[:32]

    def encrypt(self, secret: str) -> bytes:
        """Return a secret as it is stored."""
        return self._box.encrypt(secret.encode())

    def decrypt(self, stored: bytes) -> str:
        """Return a stored secret; raise SecretUnreadable where it is not from this server key."""
        try:
            return self._box.decrypt(stored).decode()
        except InvalidToken as error:
            raise SecretUnreadable(
                "this secret was stored under another server key; set it again with `milepost source secret`"
            ) from error

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._server_key, f"milepost:{purpose}".encode(), "sha256")


def _digest(begun: hmac.HMAC, text: str) -> str:
    """Return the digest of a text in hexadecimal; `begun` has taken in the key, and stays as it is."""
    digest = begun.copy()
    digest.update(text.encode())
    return digest.hexdigest()


def new_access_key() -> str:
    """Return a new key for a source: 43 characters that nobody can guess."""
    return "mp_" + secrets.token_urlsafe(30)


def open_vault(key_file: Path, server_key: str | None = None) -> Vault:
    """Return the vault of a server key in hexadecimal, else of the one in a file, which is made where there is none."""
    if server_key is not None:
        return Vault(_from_hex(server_key, "MILEPOST_SERVER_KEY"))
    if not key_file.exists():
        _make(key_file)
    return Vault(_from_hex(key_file.read_text(encoding="ascii"), str(key_file)))


def _make(key_file: Path) -> None:
    """Make the file whole or not at all: two processes that start at once agree on one key."""
    draft = draft_of(key_file)
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(secrets.token_hex(KEY_BYTES) + "\n", encoding="ascii")
        give_name(draft, key_file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _from_hex(text: str, place: str) -> bytes:
    try:
        found = bytes.fromhex(text.strip())
    except ValueError:
        found = b""
    if len(found) < KEY_BYTES:
        raise ValueError(
            f"{place} does not hold a server key: at least {2 * KEY_BYTES} hexadecimal digits, "
            "e.g. from `openssl rand -hex 32`"
        )
    return found
