"""What is asked by HEAD leaves as a head alone. That it is the head of GET is asked of every route there is."""

import asyncio

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from milepost.console.heads import Heads


async def answered(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"asked by {scope['method']}")(scope, receive, send)


def sent(method: str) -> list[Message]:
    """Return what an application behind `Heads` sends to who asks by this method."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(Heads(answered)({"type": "http", "method": method}, receive, send))
    return messages


def test_a_head_is_that_of_get_with_its_length_and_no_body_follows() -> None:
    by_get, by_head = sent("GET"), sent("HEAD")

    assert by_head[0] == by_get[0]
    assert (b"content-length", b"12") in by_head[0]["headers"]
    assert [message["body"] for message in by_get[1:]] == [b"asked by GET"]
    assert [message["body"] for message in by_head[1:]] == [b""]


def test_any_other_method_goes_through_as_it_is() -> None:
    assert sent("POST")[1]["body"] == b"asked by POST"
