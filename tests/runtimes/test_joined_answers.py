import asyncio
from typing import Any, cast

from milepost.runtimes.joined_answers import JoinedAnswers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Connection:
    """Notes what is sent as one, and when it is closed."""

    def __init__(self) -> None:
        self.sent: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.sent.append("closed")

    def get_extra_info(self, name: str) -> Any:
        return f"the {name}"


def joined() -> tuple[JoinedAnswers, Connection]:
    connection = Connection()
    return JoinedAnswers(cast(asyncio.Transport, connection)), connection


def test_a_head_and_its_body_leave_as_one() -> None:
    answers, connection = joined()

    answers.write(HEAD)
    assert connection.sent == []
    answers.write(b"[]")
    answers.write(b"more")

    assert connection.sent == [HEAD + b"[]", b"more"]


def test_a_head_without_a_body_leaves_when_the_answer_is_complete() -> None:
    answers, connection = joined()

    answers.write(HEAD)
    answers.flush()
    answers.flush()

    assert connection.sent == [HEAD]


def test_a_connection_is_closed_after_the_head_that_waits() -> None:
    answers, connection = joined()

    answers.write(HEAD)
    answers.close()

    assert connection.sent == [HEAD, "closed"]


def test_a_sender_that_asks_whether_to_go_on_is_told_at_once() -> None:
    answers, connection = joined()

    answers.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    assert connection.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_all_else_is_asked_of_the_transport_itself() -> None:
    answers, _ = joined()

    assert answers.get_extra_info("peername") == "the peername"
