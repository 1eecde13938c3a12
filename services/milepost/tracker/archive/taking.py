"""Taking: what the gateway has put on the topic of raw messages is accepted, once, into statement store and log."""

from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from milepost.broker.inbox import Received
from milepost.store import tenants
from milepost.store.accepting import Request, accept_acknowledged
from milepost.tracker.exactly_once import Work
from milepost.tracker.setting_aside import NotExpected
from milepost_schemas.submissions import Refusal, Submission
from milepost_schemas.topics import Topic, decode


def taking(done: Callable[[Counter[str]], None]) -> Work[Request]:
    """Return the work of the topic of raw messages."""
    return Work(topic=Topic.RAW_MESSAGES, read=read_request, do=take_in, done=done)


def read_request(value: bytes) -> Request:
    """Return what the gateway said; raise ValueError for anything else."""
    message = decode(value)
    if not isinstance(message, Submission | Refusal):
        raise NotExpected(f"{type(message).__name__} is nothing that a gateway hands over")
    return message


def take_in(connection: Connection, requests: Sequence[tuple[Received, Request]]) -> Counter[str]:
    """Accept what was submitted and keep what was refused, in this order."""
    known = set(tenants.every(connection))
    asked = [request for _, request in requests]
    if any(request.tenant not in known for request in asked):
        raise NotExpected("no such tenant")
    refused = sum(isinstance(request, Refusal) for request in asked)
    conflicting = accept_acknowledged(connection, asked)
    return Counter(accepted=len(asked) - refused, refused=refused, conflicting=conflicting)
