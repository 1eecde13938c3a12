"""What a process that answers no other requests says to those who watch it."""

import socket

import httpx
import pytest

from milepost.runtimes.health import Pulse, serve_health
from milepost.settings import Settings


def settings(port: int = 0) -> Settings:
    return Settings(host="127.0.0.1", port=port)


def test_a_process_says_whether_it_is_alive_and_ready_and_what_it_counted() -> None:
    problems: list[str] = []

    def ready() -> str | None:
        return problems[0] if problems else None

    with serve_health(settings(), live=lambda: None, ready=ready, metrics=lambda: b"milepost_things 1.0\n") as address:
        assert httpx.get(f"{address}/health/live").json() == {"status": "ok"}
        assert httpx.get(f"{address}/health/ready").status_code == 200
        assert httpx.get(f"{address}/metrics").text == "milepost_things 1.0\n"

        problems.append("the database is away")
        answer = httpx.get(f"{address}/health/ready")

    assert answer.status_code == 503
    assert answer.json()["because"] == "the database is away"


def test_a_check_that_fails_is_a_failing_check_and_repeats_nothing_that_somebody_sent() -> None:
    def live() -> str | None:
        raise ValueError("ana@example.org")

    with serve_health(settings(), live=live, ready=lambda: None, metrics=lambda: b"") as address:
        answer = httpx.get(f"{address}/health/live")

    assert answer.status_code == 503
    assert answer.json()["because"] == "cannot tell: ValueError"


def test_what_does_not_live_is_not_ready_either() -> None:
    with serve_health(settings(), live=lambda: "stands still", ready=lambda: None, metrics=lambda: b"") as address:
        answer = httpx.get(f"{address}/health/ready")

    assert answer.status_code == 503
    assert answer.json()["because"] == "stands still"


def test_after_the_end_nobody_answers_and_the_port_is_free() -> None:
    with serve_health(settings(), live=lambda: None, ready=lambda: None, metrics=lambda: b"") as address:
        httpx.get(f"{address}/health/live")
    port = int(address.rpartition(":")[2])

    with serve_health(settings(port), live=lambda: None, ready=lambda: None, metrics=lambda: b"") as again:
        assert again == address


def test_a_port_that_somebody_else_has_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with (
            pytest.raises(OSError, match="in use"),
            serve_health(settings(port), live=lambda: None, ready=lambda: None, metrics=lambda: b""),
        ):
            pass


def test_a_loop_that_has_not_turned_for_half_a_minute_is_not_alive() -> None:
    now = [100.0]
    pulse = Pulse("the archive", time=lambda: now[0])

    now[0] = 130.0
    assert pulse.problem() is None
    now[0] = 131.0
    assert pulse.problem() == "the archive has stood still for 31 seconds"

    pulse.beat()
    assert pulse.problem() is None
