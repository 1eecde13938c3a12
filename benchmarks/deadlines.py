"""How soon a deadline that passes is on the pages, while a site is under half the load that it can take.

Learners are enrolled of whom the first sign of life is due some seconds later, each at a moment of their own; nothing
comes of them. What counts is the time from that moment to the row of the gap. It is made up of four parts: the ticker's
moment lies behind the clock by what the gateway may take to hand something over; then a round has to begin and to come
to the learners; then the worker says it; then the projector stores it. Run it from the root of the repository:

    python -m benchmarks.deadlines --deadlines 12
"""

import argparse
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count

import httpx
from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import text

from benchmarks.running_site import BATCH, RunningSite, enrollment, mail, running_site
from milepost.broker.partitioning import partition_of
from milepost.broker.topics import name_of
from milepost.clock import SystemClock
from milepost.tracker.archive.soundings import margin_of
from milepost_schemas.instants import HOUR, SECOND, to_text
from milepost_schemas.messages import Tick
from milepost_schemas.projections import LearnerProjected
from milepost_schemas.topics import Topic, decode, join

PROGRAM = """\
program: by-the-hour
version: 1
title: Somebody is missed within the hour
model: flex
zone: UTC
opens: 2026-01-01
steps:
  - id: theory
    stage: pre_learning
    title: Theory
    evidence: {source: lms, activity: "https://lms.example.com/by-the-hour"}
    done: {any: [completed]}
gaps:
  never_started: {after: 1h}
"""
LEARNERS = 500
FIRST_OF_THE_LATE = 10_000
STATEMENTS_TO_FIND_THE_PACE = 4_000
AHEAD = 20 * SECOND
APART = 1.7
"""Seconds between one deadline and the next: no multiple of a round."""

LIMIT_SECONDS = 120
PARTS = ("behind the clock", "round", "worker", "projector")

Parts = tuple[float, ...]
"""Seconds of each of the parts."""

OPENED = text(
    "SELECT p.mail, g.learner FROM people p JOIN identifiers i ON i.actor = p.actor "
    "JOIN gaps g ON g.learner = i.learner WHERE g.gap = 'never_started' AND g.program = 'by-the-hour'"
)


def main() -> None:
    asked = _asked()
    with running_site() as site:
        site.enroll(LEARNERS)
        pace = asked.pace or find_pace(site) / 2
        with loaded(site, pace):
            found = follow(site, asked.deadlines)
        stages = stages_of(site.metrics("ticker"))
    print(f"from a deadline to its row, at {pace:,.0f} statements/s: {_spread([sum(parts) for parts in found])}")
    for name, seconds in zip(PARTS, zip(*found, strict=True), strict=True):
        print(f"  {name:<18} {_spread(seconds)}")
    print("on average, a round waits so many seconds for each stage:")
    print("  " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items()))


def find_pace(site: RunningSite) -> float:
    """Return how many statements a second are shown, when they come as fast as they are taken."""
    began = time.perf_counter()
    with site.client("lms") as client:
        for begin in range(0, STATEMENTS_TO_FIND_THE_PACE, BATCH):
            _send(site, client, begin)
    site.settle()
    return STATEMENTS_TO_FIND_THE_PACE / (time.perf_counter() - began)


@contextmanager
def loaded(site: RunningSite, pace: float) -> Iterator[None]:
    """Let batches come at this pace meanwhile."""
    ended = threading.Event()

    def load() -> None:
        with site.client("lms") as client:
            for begin in count(step=BATCH):
                begun = time.perf_counter()
                _send(site, client, begin)
                if ended.wait(max(0.0, BATCH / pace - (time.perf_counter() - begun))):
                    return

    thread = threading.Thread(target=load)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _send(site: RunningSite, client: httpx.Client, begin: int) -> None:
    body = [site.statement(begin + n) for n in range(BATCH)]
    client.post("/xapi/statements", json=body).raise_for_status()


# --- the deadlines ---------------------------------------------------------------------------------------------------


def follow(site: RunningSite, deadlines: int) -> list[Parts]:
    """Let deadlines pass, and return what the way of each to its row is made up of."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as program:
        program.write(PROGRAM)
        program.flush()
        site.milepost("program", "publish", program.name)
    first = SystemClock().now() + AHEAD
    due = {mail(FIRST_OF_THE_LATE + n): first + round(n * APART * SECOND) for n in range(deadlines)}
    people = [
        enrollment(FIRST_OF_THE_LATE + n, program="by-the-hour", occurred_at=to_text(at - HOUR))
        for n, at in enumerate(due.values())
    ]
    with site.client("office") as client:
        client.post("/v1/facts", json=people).raise_for_status()
    shown = _await_rows(site, due)
    return [_parts(site, due[who], at, learner) for who, (at, learner) in shown.items()]


def _await_rows(site: RunningSite, due: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """Return, for each who is late, when the row of their gap was there, and which learner they are."""
    shown: dict[str, tuple[int, str]] = {}
    until = max(due.values()) + LIMIT_SECONDS * SECOND
    with site.engine.connect() as connection:
        while len(shown) < len(due):
            now = SystemClock().now()
            for who, learner in connection.execute(OPENED):
                shown.setdefault(who, (now, learner))
            connection.rollback()
            if now > until:
                raise TimeoutError(f"only {len(shown)} of {len(due)} deadlines are shown")
            time.sleep(0.02)
    return shown


def _parts(site: RunningSite, due: int, shown_at: int, learner: str) -> Parts:
    """Return the seconds of each part: what lies in Kafka says when it was said."""
    key = join("default", learner).encode()
    ticked_at = _first(site, Topic.LEARNERS, key, due, lambda said: isinstance(said, Tick) and said.at >= due)
    key = join("default", "learner", learner).encode()
    said_at = _first(site, Topic.PROJECTIONS, key, ticked_at, lambda said: _is_about(said, learner))
    margin = margin_of(site.settings)
    milliseconds = (margin, ticked_at - due - margin, said_at - ticked_at, shown_at - said_at)
    return tuple(each / SECOND for each in milliseconds)


def _is_about(said: object, learner: str) -> bool:
    return isinstance(said, LearnerProjected) and said.learner == learner


def _first(site: RunningSite, topic: Topic, key: bytes, since: int, holds: Callable[[object], bool]) -> int:
    """Return when the first such message since a moment was written to the partition of a key."""
    partition = partition_of(key, site.settings.partitions)
    reader = Consumer({"bootstrap.servers": str(site.settings.kafka), "group.id": "benchmark"})
    try:
        reader.assign(reader.offsets_for_times([TopicPartition(name_of(site.settings, topic), partition, since)]))
        while (message := reader.poll(LIMIT_SECONDS)) is not None:
            if holds(decode(message.value() or b"")):
                return int(message.timestamp()[1])
    finally:
        reader.close()
    raise LookupError(f"nothing of {topic} says what follows from the deadline")


def stages_of(said: str) -> dict[str, float]:
    """Return how long the ticker has waited for each stage of a round on average, by its metrics."""

    def found(what: str) -> dict[str, float]:
        pattern = rf'^milepost_ticker_stage_seconds_{what}{{stage="(\w+)"}} (\S+)$'
        return {stage: float(number) for stage, number in re.findall(pattern, said, re.MULTILINE)}

    rounds = found("count")
    return {stage: seconds / rounds[stage] for stage, seconds in found("sum").items() if rounds[stage]}


def _spread(seconds: Sequence[float]) -> str:
    return f"median {statistics.median(seconds):5.2f} s, worst {max(seconds):5.2f} s"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadlines", type=int, default=12)
    parser.add_argument("--pace", type=float, help="statements a second meanwhile; by default half of what is taken")
    return parser.parse_args()


if __name__ == "__main__":
    main()
