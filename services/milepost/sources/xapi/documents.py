"""Documents: what content and platforms put down for themselves, under a name, and change as they go (Comm 2.2).

A document is octets of some type; what is in it is nobody's business here. Who changes one says which state of it they
have seen, by its tag, and is refused where somebody else was faster (Comm 3.1).
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from milepost.sources.xapi.decoding import decode
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.versions import Version

Resource = Literal["activities/state", "activities/profile", "agents/profile"]

Obstacle = Literal["precondition_failed", "conflict"]
"""Why a document stays as it is: it is not in the state that was asked for, or none was asked for."""

JSON = "application/json"


class Kind(NamedTuple):
    """What documents of one resource are named by, and about."""

    named_by: str
    about: tuple[str, ...]
    may_have: tuple[str, ...] = ()

    guarded_in: tuple[Version, ...] = ("1.0.3", "2.0.0")
    """In which versions nobody puts one in place of another without saying that they have seen it."""

    may_be_deleted_unnamed: bool = False
    """Whether all that are about the same can be deleted together."""


KINDS: Mapping[Resource, Kind] = {
    "activities/state": Kind(
        "stateId", ("activityId", "agent"), ("registration",), guarded_in=("2.0.0",), may_be_deleted_unnamed=True
    ),
    "activities/profile": Kind("profileId", ("activityId",)),
    "agents/profile": Kind("profileId", ("agent",)),
}


class Content(NamedTuple):
    """What a document holds, and what it is said to be."""

    type: str
    body: bytes

    @property
    def tag(self) -> str:
        """Return by what this content is told from any other: its SHA-1, as version 1.0 asks for (Comm 3.1)."""
        return hashlib.sha1(self.body, usedforsecurity=False).hexdigest()

    @property
    def is_json(self) -> bool:
        """Whether it is said to be JSON."""
        return self.type.partition(";")[0].strip().lower() == JSON


class Conditions(NamedTuple):
    """In which state a document must be, as the headers If-Match and If-None-Match say it; None says nothing."""

    if_match: str | None = None
    if_none_match: str | None = None

    def hold(self, tag: str | None) -> bool:
        """Say whether a document with this tag, None where there is no document, is in that state."""
        if self.if_match is not None and not _names(self.if_match, tag):
            return False
        return self.if_none_match is None or not _names(self.if_none_match, tag)


def obstacle(conditions: Conditions, kept: Content | None, *, must_be_seen: bool) -> Obstacle | None:
    """Return why a document may not be changed, None where it may (Comm 3.1).

    Where it must have been seen, a request that asks for no state changes nothing that is there already.
    """
    if not conditions.hold(None if kept is None else kept.tag):
        return "precondition_failed"
    return "conflict" if must_be_seen and kept is not None and conditions == Conditions() else None


def require_sound(posted: Content) -> None:
    """Refuse what is said to be JSON, and posted, and is none (Comm 2.2). What is put is never looked into."""
    if posted.is_json:
        decode(posted.body)


def merged(kept: Content, posted: Content) -> Content:
    """Return a document with every property that was posted in place of the one of that name (Comm 2.2).

    Raise `StatementRefused` unless both are JSON objects.
    """
    whole = {**_object(kept, "the document that is there"), **_object(posted, "the document that is posted")}
    return Content(posted.type, msgspec.json.encode(whole))


def _object(content: Content, which: str) -> dict[str, Any]:
    rule = f"{which} must be a JSON object of type {JSON}, else it can only be replaced by PUT (Comm 2.2)"
    if not content.is_json:
        raise StatementRefused(rule, content.type, path="body")
    found = decode(content.body)
    if not isinstance(found, dict):
        raise StatementRefused(rule, found, path="body")
    return found


def _names(header: str, tag: str | None) -> bool:
    """Say whether a header names a state: any, by `*`, or by its tag.

    A tag counts without its quotes, as some clients send it, and as a weak one, which a proxy that compresses makes.
    """
    if tag is None:
        return False
    named = {each.strip().removeprefix("W/").strip('"') for each in header.split(",")}
    return header.strip() == "*" or tag in named
