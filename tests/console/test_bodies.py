"""What is sent to a page is bounded before anything reads it."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from milepost.console.bodies import MOST_BYTES, MOST_OF_NOBODY, BoundedBodies
from tests.console.accounts import Door
from tests.console.world import World

MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
FILE = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@pytest.mark.parametrize(
    "headers", [MULTIPART, {"content-type": "application/x-www-form-urlencoded"}, {"content-type": "application/json"}]
)
def test_what_has_no_end_is_refused_before_anybody_has_signed_in(world: World, headers: dict[str, str]) -> None:
    asked = Door(world).browser()

    refused = asked.post("/sign-in", content=FILE + b"a" * MOST_BYTES, headers=headers)

    assert refused.status_code == 413
    assert refused.headers["connection"] == "close"
    assert refused.headers["cache-control"] == "no-store"


def test_whoever_has_not_signed_in_is_read_no_further_than_a_form_of_signing_in_is_long(world: World) -> None:
    asked = Door(world).browser()

    form = {"name": "a" * 1000, "password": "\U0001f600" * 1000, "next": "/gaps"}
    long = asked.post("/sign-in", data={**form, "name": "a" * MOST_OF_NOBODY})

    assert asked.post("/sign-in", data=form).status_code == 403
    assert (long.status_code, long.headers["connection"]) == (413, "close")


def test_no_more_is_read_than_is_needed_to_know_that_it_is_too_long() -> None:
    read = 0

    def endless() -> Iterator[Message]:
        while True:
            yield {"type": "http.request", "body": b"a" * 65536, "more_body": True}

    async def receive() -> Message:
        nonlocal read
        message = next(chunks)
        read += len(message["body"])
        return message

    chunks = endless()

    assert _answer(receive) == 413
    assert read <= MOST_BYTES + 65536


def test_what_stops_in_the_middle_is_not_waited_for_for_ever() -> None:
    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    assert _answer(receive, seconds=0.01) == 408


def test_what_is_whole_arrives_whole() -> None:
    parts: Iterator[Message] = iter(
        [
            {"type": "http.request", "body": b"a" * 10, "more_body": True},
            {"type": "http.request", "body": b"b" * 10, "more_body": False},
        ]
    )

    async def receive() -> Message:
        return next(parts)

    assert _answer(receive) == 220


def _answer(receive: Receive, *, seconds: float = 30.0) -> int:
    """Return the status of the answer; of what is let through, 200 and the length of its body."""
    statuses: list[int] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse("", 200 + len(body))(scope, receive, send)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(BoundedBodies(inside, seconds=seconds)(scope, receive, send))
    return statuses[0]
