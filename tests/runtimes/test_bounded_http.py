import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from milepost.bodies import IS_WHOLE
from milepost.runtimes.bounded_http import MOST_HEAD_BYTES, MOST_HEADERS, BoundedHttp

PATIENCE = 30
"""Seconds after which a test gives up; nothing takes so long."""

GET = b"GET / HTTP/1.1\r\nHost: milepost\r\n"


class Impatient(BoundedHttp):
    head_seconds = parting_seconds = 0.1


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    text = "hello" if scope["method"] == "GET" else "it is here" if IS_WHOLE in scope else "it is to come"
    await PlainTextResponse(text)(scope, receive, send)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(hello, http=getattr(request, "param", BoundedHttp), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join(PATIENCE)


def said(address: tuple[str, int], *sent: bytes) -> bytes:
    """Return all that is said until the other side closes the connection."""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        heard = b""
        try:
            for each in sent:
                connection.sendall(each)
            while got := connection.recv(65536):
                heard += got
        except ConnectionError:  # what was sent in vain makes the system forget what was said
            pass
        return heard


def test_an_ordinary_request_is_answered(address: tuple[str, int]) -> None:
    answer = said(address, GET + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"hello")


@pytest.mark.parametrize(
    ("body", "known"),
    [(b"body", b"it is here"), (b"bo", b"it is to come"), (b"", b"it is to come")],
    ids=["whole", "a part", "nothing"],
)
def test_whoever_answers_is_told_when_a_body_has_come_with_its_head(
    address: tuple[str, int], body: bytes, known: bytes
) -> None:
    head = b"POST / HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"

    assert said(address, head + body).endswith(known)


def test_a_large_body_makes_no_head_too_large(address: tuple[str, int]) -> None:
    body = b"x" * 2 * MOST_HEAD_BYTES
    head = b"POST / HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)

    assert said(address, head + body).startswith(b"HTTP/1.1 200 ")


def test_who_sends_too_much_reads_why_it_is_refused(address: tuple[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n"

    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b"x" * 100_000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.endswith(b"it is to come")


def test_what_follows_the_last_answer_is_not_answered(address: tuple[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"

    assert said(address, head, b"body" + GET + b"\r\n").count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("address", [Impatient], indirect=True)
def test_who_sends_on_and_on_is_not_read_for_ever(address: tuple[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: milepost\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
    sent = 0

    with socket.create_connection(address, timeout=PATIENCE) as connection, suppress(ConnectionError):
        connection.sendall(head)
        while sent < 10_000_000_000:
            sent += connection.send(b"x" * 100_000)

    assert sent < 10_000_000_000


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X-Long: " + b"x" * MOST_HEAD_BYTES + b"\r\n\r\n",
        b"GET /?" + b"x" * MOST_HEAD_BYTES + b" HTTP/1.1\r\nHost: milepost\r\n\r\n",
        GET + b"X: y\r\n" * (MOST_HEADERS + 1) + b"\r\n",
        GET + b"X-Endless: " + b"x" * (MOST_HEAD_BYTES + 1),
        GET + b"X: y\r\n" * (MOST_HEAD_BYTES // 6 + 1),
    ],
    ids=["one long header", "a long address", "many headers", "a header without end", "headers without end"],
)
def test_a_head_that_is_too_large_is_refused_and_the_connection_ends(address: tuple[str, int], head: bytes) -> None:
    answer = said(address, head)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"send a shorter one" in answer


def test_a_later_request_on_the_same_connection_is_bounded_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(GET + b"\r\n")
        first = connection.recv(65536)
        connection.sendall(GET + b"X-Endless: " + b"x" * (MOST_HEAD_BYTES + 1))
        second = connection.recv(65536)

    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("address", [Impatient], indirect=True)
def test_a_head_that_does_not_come_is_not_waited_for(address: tuple[str, int]) -> None:
    answer = said(address, GET)

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("address", [Impatient], indirect=True)
def test_a_connection_on_which_nothing_is_asked_is_closed(address: tuple[str, int]) -> None:
    assert said(address) == b""


@pytest.mark.parametrize(
    "head",
    [
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        GET + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        GET + b"Content-Length: -1\r\n\r\n",
        GET + b"X: \x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: milepost\r\n\r\n",
        b"CONNECT milepost:443 HTTP/1.1\r\nHost: milepost\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
    ids=["two lengths", "length and chunks", "negative", "NUL", "octets", "connect", "method", "TLS"],
)
def test_what_is_no_http_is_a_fault_of_the_sender(address: tuple[str, int], head: bytes) -> None:
    assert said(address, head).startswith(b"HTTP/1.1 400 ")
