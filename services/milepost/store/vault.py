"""What the server key protects: digests of access keys, actor keys, and the secrets that must be readable again.

Losing the key means new access keys and new webhook secrets, and that known identifiers are nobody's until they are
linked again. Nothing else hangs on it.
"""

import base64
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

KEY_BYTES = 32


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

    def actor_key(self, tenant: str, identifier: str) -> str:
        """Return the keyed hash of a normalized identifier: 32 hexadecimal digits."""
        return self._digest("actor", f"{tenant}\x1f{identifier}")[:32]

    def key_digest(self, key: str) -> str:
        """Return the digest under which an access key is kept."""
        return self._digest("key", key)

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

    def _digest(self, purpose: str, text: str) -> str:
        return hmac.digest(self._derived(purpose), text.encode(), "sha256").hex()

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._server_key, f"milepost:{purpose}".encode(), "sha256")


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
    draft = key_file.with_name(f".{key_file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, key_file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


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
