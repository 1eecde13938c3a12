"""How much a whole site takes: statements a second from the gateway to the pages' tables, and where the time goes.

A site of plain processes with two workers, its Kafka and its PostgreSQL beside it on the same machine: so what is
measured is the whole of it on the cores of one machine. Learners are enrolled first; then statements come as fast as
they are taken, in batches of fifty and then one by one, and the clock stops when the last is shown. Then, at half the
pace of the batches, each fact is followed from its answer to its row. Run it from the root of the repository:

    python -m benchmarks.site --learners 2000 --statements 12000
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, text

from benchmarks.running_site import BATCH, RunningSite, mail, running_site

SENDERS = 4
SENDERS_OF_SINGLES = 16
PART_OF_SINGLES = 4
"""So many times fewer statements come one by one."""

SHOWN = text(
    "SELECT 1 FROM people p JOIN identifiers i ON i.actor = p.actor JOIN steps s ON s.learner = i.learner "
    "WHERE p.mail = :mail AND s.state = 'done'"
)


def main() -> None:
    asked = _asked()
    print(f"{os.cpu_count()} cores")
    with running_site() as site:
        site.enroll(asked.learners, others=asked.samples)
        print(f"{asked.learners} learners are enrolled and shown.")
        pace = throughput(site, asked.statements, batch=BATCH, senders=SENDERS)
        throughput(site, asked.statements // PART_OF_SINGLES, batch=1, senders=SENDERS_OF_SINGLES)
        latency(site, asked.samples, pace=pace / 2)


def throughput(site: RunningSite, statements: int, *, batch: int, senders: int) -> float:
    """Print how many statements a second are taken and shown, and what each process took; return the latter pace."""
    bodies = [[site.statement(begin + n) for n in range(batch)] for begin in range(0, statements, batch)]
    before, began = site.processor_seconds(), time.perf_counter()
    with site.client("lms") as client, ThreadPoolExecutor(senders) as pool:
        list(pool.map(lambda body: client.post("/xapi/statements", json=body).raise_for_status(), bodies))
    accepted = time.perf_counter() - began
    site.settle()
    took = time.perf_counter() - began
    print(
        f"in requests of {batch}: {statements / accepted:,.0f} statements/s are taken, {statements / took:,.0f} shown;"
    )
    print("processor time in microseconds per statement:")
    each = {name: (s - before.get(name, 0.0)) / statements * 1e6 for name, s in site.processor_seconds().items()}
    for name, microseconds in sorted(each.items(), key=lambda one: -one[1]):
        print(f"  {name:<12}{microseconds:8.0f} {microseconds / sum(each.values()):6.0%}")
    print(f"  {'together':<12}{sum(each.values()):8.0f}")
    return statements / took


def latency(site: RunningSite, samples: int, *, pace: float) -> None:
    """Follow one statement of each batch to its row, while batches come at this pace."""
    waits: list[float] = []
    with site.client("lms") as client, site.engine.connect() as connection:
        for marked in range(site.learners, site.learners + samples):
            begun = time.perf_counter()
            body = [*(site.statement(n) for n in range(BATCH - 1)), site.statement(0, of=marked)]
            client.post("/xapi/statements", json=body).raise_for_status()
            answered = time.perf_counter()
            while not _is_shown(connection, marked):
                time.sleep(0.005)
            waits.append(time.perf_counter() - answered)
            time.sleep(max(0.0, BATCH / pace - (time.perf_counter() - begun)))
    print(f"from the answer to the row, at {pace:,.0f} statements/s: {_spread(waits)}")


def _spread(waits: Sequence[float]) -> str:
    ordered = sorted(waits)
    return f"median {statistics.median(ordered):.2f} s, p99 {ordered[int(len(ordered) * 0.99)]:.2f} s"


def _is_shown(connection: Connection, number: int) -> bool:
    found = connection.execute(SHOWN, {"mail": mail(number)}).first()
    connection.rollback()
    return found is not None


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=int, default=2000)
    parser.add_argument("--statements", type=int, default=12_000)
    parser.add_argument("--samples", type=int, default=100)
    return parser.parse_args()


if __name__ == "__main__":
    main()
