"""Who an actor is, as one plain string for each person: the same person, written differently, is the same string.

Mail addresses become `sha1:` and the hash that xAPI itself uses: SHA-1 of `mailto:`, the local part as it is written,
`@`, and the domain in lower case (Data 2.4.2.3). So an address and its `mbox_sha1sum` meet, and no address is kept.

A hash cannot be undone, so only what was hashed in the same spelling can meet. What a sender may have hashed instead is
listed beside an address that we do know, as `other_identifiers`: without `mailto:` (Open edX does), and with the domain
in the case in which it came. Out of reach stay the hash of another spelling of the local part, and that of a domain in
capitals where we know it in small letters only.

Accounts become `account:`, the home page without scheme, default port and last slash, `|`, and the name as it is.
A display name is nobody's identity: where a source puts one into the account (BigBlueButton does), its adapter must not
ask here.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from milepost.sources.kept_answers import kept_for_short
from milepost.sources.xapi.formats import is_mail_address

NOBODYS_NAMES = frozenset(
    {
        *("anonymous", "anonymoususer", "donotreply", "do-not-reply", "n/a", "nobody", "none", "noreply", "no-reply"),
        *("null", "undefined", "unknown"),
    }
)
"""Local parts and account names that stand for nobody; also in angle brackets."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

LONGEST_KEPT = 256


def actor_identifiers(actor: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one identifier for each person that a sound actor stands for; a placeholder stands for nobody.

    An agent is one person. A group is its members, each once; its own identifier is no person's.
    """
    if actor.get("objectType") == "Group":
        found = (_identifier(member) for member in actor.get("member", ()))
        return tuple(dict.fromkeys(identifier for identifier in found if identifier is not None))
    identifier = _identifier(actor)
    return () if identifier is None else (identifier,)


def other_identifiers(agent: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the other strings under which another source may know the same agent: the other hashes of its address."""
    return other_address_identifiers(agent["mbox"]) if "mbox" in agent else ()


@kept_for_short(most=4096, longest=LONGEST_KEPT)
def address_identifier(address: str) -> str | None:
    """Return the identifier of a mail address, with or without `mailto:`; nothing for a placeholder or what is none."""
    bare = _bare(address)
    if bare is None:
        return None
    return _hashed(f"mailto:{_domain_lowered(bare)}")


def other_address_identifiers(address: str) -> tuple[str, ...]:
    """Return the identifiers that other ways of hashing the same mail address lead to."""
    bare = _bare(address)
    if bare is None:
        return ()
    lowered = _domain_lowered(bare)
    hashes = (_hashed(spelling) for spelling in (lowered, f"mailto:{bare}", bare))
    return tuple(dict.fromkeys(each for each in hashes if each != address_identifier(address)))


def account_identifier(home_page: str, name: str) -> str | None:
    """Return the identifier of an account, or nothing if its name is a placeholder."""
    if _is_nobody(name):
        return None
    return f"account:{_place(home_page)}|{name}"


def _identifier(agent: Mapping[str, Any]) -> str | None:
    if "mbox" in agent:
        return address_identifier(agent["mbox"])
    if "mbox_sha1sum" in agent:
        digest = agent["mbox_sha1sum"].lower()
        return None if digest in _NOBODYS_HASHES else f"sha1:{digest}"
    if "openid" in agent:
        return f"openid:{_place(agent['openid'])}"
    if "account" in agent:
        return account_identifier(agent["account"]["homePage"], agent["account"]["name"])
    return None


def _bare(address: str) -> str | None:
    bare = address.strip().removeprefix("mailto:")
    if not is_mail_address(bare) or _is_nobody(bare.rpartition("@")[0]):
        return None
    return bare


def _domain_lowered(bare: str) -> str:
    local_part, _, domain = bare.rpartition("@")
    return f"{local_part}@{domain.lower()}"


def _hashed(spelling: str) -> str:
    return f"sha1:{_sha1(spelling)}"


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _is_nobody(name: str) -> bool:
    plain = name.strip().lower()
    return not plain or (plain.startswith("<") and plain.endswith(">")) or plain in NOBODYS_NAMES


@kept_for_short(most=4096, longest=LONGEST_KEPT)
def _place(address: str) -> str:
    """Return a web address without what makes no difference; any other address as it is."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return address
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        return address
    kept_port = "" if port in (None, *_DEFAULT_PORTS.values()) else f":{port}"
    return _host(parts) + kept_port + _rest(parts)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _rest(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return parts.path.rstrip("/") + query + fragment


_NOBODYS_HASHES = frozenset(
    _sha1(prefix + name + at)
    for prefix in ("mailto:", "")
    for name in sorted(NOBODYS_NAMES)
    for at in ("@example.com", "@example.org", "@localhost")
)
"""The hashes of the placeholders that are common enough to be known."""
