"""A process that is killed several times while senders send, and its clock moves."""

import random
import time
from threading import Event, Thread

import httpx

from milepost_schemas.instants import HOUR, MINUTE
from tests.runtimes.serving import Served
from tests.runtimes.traffic import SESSION, Request, Senders

KILLS = 5


SENDERS = 6


LONGEST_LIFE_SECONDS = 0.6
"""After how long the process is killed at the latest."""


def tick_now_and_then(served: Served, ended: Event, broken: list[BaseException]) -> None:
    at = SESSION + 2 * HOUR
    try:
        while not ended.wait(0.2):
            at += MINUTE
            try:
                served.set_clock(at)
            except httpx.HTTPError:
                continue
    except BaseException as error:
        broken.append(error)


def send_and_kill(served: Served, every: list[Request], draw: random.Random) -> None:
    """Have several senders send everything, while the process is killed several times and its clock moves."""
    senders = Senders(served, every, KILLS * LONGEST_LIFE_SECONDS, seed=draw.randrange(100), count=SENDERS)
    ended = Event()
    ticker = Thread(target=tick_now_and_then, args=(served, ended, senders.broken))
    ticker.start()
    with senders.at_work():
        for _ in range(KILLS):
            time.sleep(draw.uniform(0.05, LONGEST_LIFE_SECONDS))
            assert not senders.are_done
            served.kill()
            served.start()
    ended.set()
    ticker.join()
    assert senders.broken == []
