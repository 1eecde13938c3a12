"""Time on a site: it stands still rather than lies, one ticker moves it, and what fell due meanwhile is told once."""

from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from threading import Thread

import httpx
import pytest

from milepost_schemas.instants import DAY, to_text
from tests.runtimes.traffic import BEGIN
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.site.small import NOW, SmallSite, small_site

LATER = BEGIN + 60 * DAY
STILL_SECONDS = 3.0

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture
def small(kafka: Kafka, kafka_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[SmallSite]:
    with small_site(tmp_path, kafka=kafka.bootstrap, prefix=kafka_prefix, database=postgres_url) as small:
        yield small


def test_without_workers_time_stands_still_and_then_what_fell_due_is_told_once(small: SmallSite) -> None:
    small.enroll_somebody()
    small.site.set_clock(to_text(NOW))
    small.site.remove("worker-1")

    moving = Thread(target=small.site.set_clock, args=(to_text(LATER),))
    moving.start()
    moving.join(STILL_SECONDS)
    assert moving.is_alive()
    assert small.ticked_at() == NOW

    small.site.start("worker-1")
    moving.join(60)
    assert small.ticked_at() == LATER
    fell_due = [gap for gap in small.gaps() if gap.opened_at == LATER]
    assert fell_due
    assert all(gap.since < LATER for gap in fell_due)
    assert all(count == 1 for count in small.openings().values())

    small.site.set_clock(to_text(LATER))
    assert all(count == 1 for count in small.openings().values())


def test_one_ticker_is_active_and_another_takes_over(small: SmallSite) -> None:
    small.site.start("ticker-2")
    first, second = small.site.parts["ticker"], small.site.parts["ticker-2"]
    wait_until(lambda: is_active(first.address), "the first ticker is active")
    assert not is_active(second.address)

    with small.site.left_alone("ticker"):
        first.send(SIGKILL)
        wait_until(lambda: is_active(second.address), "the second ticker is active")
        answer = httpx.put(f"{second.address}/test/clock", json={"at": to_text(LATER)}, timeout=60)

    assert answer.is_success
    assert small.ticked_at() == LATER


def is_active(address: str) -> bool:
    return "\nmilepost_ticker_active 1.0" in httpx.get(f"{address}/metrics").text
