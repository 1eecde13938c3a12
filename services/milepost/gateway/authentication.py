"""Who is asking: a source, by one of its keys. Tenant and authority come from the key, never from the body."""

import base64
import binascii
import hmac

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from milepost.gateway.refusing import Refused, store_unavailable
from milepost.gateway.requests import only_header
from milepost.store import sources
from milepost.store.services import Services
from milepost.store.sources import Source

LONGEST = 1000


async def authenticate(request: Request, services: Services) -> Source:
    """Return the source whose key came with the request: as Basic (its name, key) or as Bearer."""
    user, key = _credentials(only_header(request, "authorization") or "")
    source = services.senders.recall_by_key(key)
    if source is None:
        source = await run_in_threadpool(_find, services, key)
    if source is None or not (user is None or _is_user_of(user, source, key)):
        raise Refused("unauthenticated", "This key is not known, or it was revoked.")
    return source


def _find(services: Services, key: str) -> Source | None:
    try:
        return services.senders.find_by_key(key)
    except Exception as error:
        raise store_unavailable() from error


def _is_user_of(user: str, source: Source, key: str) -> bool:
    names = (source.name, key[: sources.HINT])
    return any(hmac.compare_digest(user.encode("utf-8", "replace"), name.encode("utf-8", "replace")) for name in names)


def _credentials(header: str) -> tuple[str | None, str]:
    scheme, _, value = header.strip().partition(" ")
    if len(header) > LONGEST:
        raise Refused("unauthenticated", "The Authorization header is too long to be a key.")
    if scheme.lower() == "bearer" and value.strip():
        return None, value.strip()
    if scheme.lower() != "basic":
        raise Refused(
            "unauthenticated",
            "A key is needed: Basic with the source's name as user and its key as password, or Bearer with the key.",
        )
    try:
        user, colon, key = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError) as error:
        raise Refused("unauthenticated", "The Basic credentials are not base64 of user:password in UTF-8.") from error
    if not colon:
        raise Refused("unauthenticated", "The Basic credentials are not base64 of user:password in UTF-8.")
    return user, key
