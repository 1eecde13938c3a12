"""Chaos on a site: senders that never stop, time that goes on, and by a seed whatever can happen to processes."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM
from threading import Event, Thread

import httpx

from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost_schemas.instants import HOUR, MINUTE, to_text
from tests.runtimes.traffic import SESSION, Request, Senders, requests, set_up
from tests.site.processes import Site

WORKERS = ("worker-1", "worker-2", "worker-3")
SESSION_SECONDS = 6
AWAY_SECONDS = 3.0
SECONDS_PER_FAULT = 5.0


class NothingWasQueued(Exception):
    """A fault came when nothing was under way, so it shows nothing."""


class Chaos:
    """One run: what a seed draws is what happens."""

    def __init__(self, seed: int, site: Site, keys: dict[str, str], kafka: LocalKafka, postgres: LocalPostgres) -> None:
        self.seed = seed
        self.site = site
        self._keys = keys
        self.kafka = kafka
        self.postgres = postgres
        self.every: list[Request] = []
        self.happened: list[str] = []
        self._draw = random.Random(seed)

    def run(self, faults: Sequence[Callable[[], None]] | None = None) -> None:
        """Send everything while faults come, and return when all of it is acknowledged."""
        faults = self._faults() if faults is None else faults
        self.every = requests(self._keys, self._draw)
        senders = Senders(self, self.every, SECONDS_PER_FAULT * len(faults), self.seed)
        over = Event()
        ticker = Thread(target=self._tick_now_and_then, args=(over, senders.broken))
        ticker.start()
        try:
            with senders.at_work():
                for fault in faults:
                    time.sleep(self._draw.uniform(0.2, 1.5))
                    if senders.are_done:
                        raise NothingWasQueued(fault.__name__)
                    self.happened.append(fault.__name__)
                    fault()
        finally:
            over.set()
            ticker.join()
        assert senders.broken == []
        self.site.wait_until_ready()

    # --- faults ------------------------------------------------------------------------------------------------------

    def _faults(self) -> list[Callable[[], None]]:
        """Return what happens: every kind of fault, in an order of the seed's, some of them more than once."""
        faults = [
            self.a_worker_is_killed,
            self.a_worker_is_killed,
            self.a_worker_is_paused_beyond_its_session,
            self.a_worker_leaves_and_another_joins,
            self._draw.choice([self.the_broker_restarts, self.the_broker_is_killed]),
            self._draw.choice([self.the_database_is_away, self.the_database_is_killed]),
            self._draw.choice([self.the_archive_is_killed, self.the_projector_is_killed, self.the_ticker_is_killed]),
            self.the_gateway_is_killed,
        ]
        self._draw.shuffle(faults)
        return faults

    def a_worker_is_killed(self) -> None:
        self.site.parts[self._draw.choice(WORKERS)].send(SIGKILL)

    def a_worker_is_paused_beyond_its_session(self) -> None:
        with self.site.paused(self._draw.choice(WORKERS)):
            time.sleep(SESSION_SECONDS + AWAY_SECONDS)

    def a_worker_leaves_and_another_joins(self) -> None:
        self.site.start_soon("worker-4")
        self.site.parts[self._draw.choice(WORKERS)].send(SIGTERM)

    def the_broker_restarts(self) -> None:
        self.kafka.stop()
        time.sleep(self._draw.uniform(0, AWAY_SECONDS))
        self.kafka.start()

    def the_broker_is_killed(self) -> None:
        self.kafka.kill()
        time.sleep(self._draw.uniform(0, AWAY_SECONDS))
        self.kafka.start()

    def the_database_is_away(self) -> None:
        self.postgres.stop()
        time.sleep(self._draw.uniform(1, 1 + AWAY_SECONDS))
        self.postgres.start()

    def the_database_is_killed(self) -> None:
        self.postgres.kill()
        time.sleep(self._draw.uniform(0, AWAY_SECONDS))
        self.postgres.start()

    def the_archive_is_killed(self) -> None:
        self.site.parts["archive"].send(SIGKILL)

    def the_projector_is_killed(self) -> None:
        self.site.parts["projector"].send(SIGKILL)

    def the_ticker_is_killed(self) -> None:
        self.site.parts["ticker"].send(SIGKILL)

    def the_gateway_is_killed(self) -> None:
        self.site.parts["gateway"].send(SIGKILL)

    # --- what goes on meanwhile --------------------------------------------------------------------------------------

    def address(self) -> str:
        return self.site.gateway

    def _tick_now_and_then(self, over: Event, broken: list[BaseException]) -> None:
        at = SESSION + 2 * HOUR
        try:
            while not over.wait(0.5):
                at += MINUTE
                try:
                    self.site.set_clock(to_text(at))
                except (httpx.HTTPError, AssertionError):
                    continue  # the ticker is away, or gave a round up
        except BaseException as error:
            broken.append(error)


@contextmanager
def chaotic_site(
    folder: Path, *, kafka: LocalKafka, prefix: str, database: str, broken_workers: Sequence[str] = ()
) -> Iterator[tuple[Site, dict[str, str]]]:
    """Run a site with three workers, whose clocks are moved by hand."""
    stands_at = to_text(SESSION + 2 * HOUR)
    with Site(folder, kafka=kafka.bootstrap, prefix=prefix, database=database, clock_at=stands_at) as site:
        site.broken_workers = broken_workers
        site.milepost("topics", "create")
        keys = set_up(site)  # first: a tenant is tracked from when it is opened
        site.start("archive", "projector", "ticker", "gateway", *WORKERS)
        yield site, keys
