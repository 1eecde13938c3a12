"""A site of plain processes for a benchmark, with its Kafka and its PostgreSQL beside it, and what one does with it."""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import create_engine, text

from benchmarks.processor_time import TICK_SECONDS
from milepost.broker.progress import Progress
from milepost.runtimes.site.register import read_register
from milepost.settings import Settings
from milepost_schemas.topics import Topic

MILEPOST = [sys.executable, "-m", "milepost"]
PROGRAM = "lockout-tagout"
BATCH = 50
ACTIVITY = "https://lms.example.com/mod/scorm/view.php?id=101#sco"
QUIZ = "https://lms.example.com/mod/quiz/view.php?id=102"
VERBS = {ACTIVITY: "completed", QUIZ: "passed"}
SERVERS = {"java": "kafka", "postgres": "postgresql"}
"""The servers of a site by the name of their program."""

WORK = (Topic.SOURCES, Topic.ACTORS, Topic.MEETINGS, Topic.OFFERINGS, Topic.LEARNERS)
STORED = (Topic.RAW_MESSAGES, Topic.FACTS, Topic.PROJECTIONS)

LOOK_SECONDS = 0.1
"""How often it is looked whether all is shown: the broker has to answer, beside what is measured."""

Seconds = dict[str, float]
Environment = Mapping[str, str]


@contextmanager
def running_site() -> Iterator["RunningSite"]:
    """Start a site with two workers in a folder that is gone afterwards, and end it."""
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # where root starts PostgreSQL, another user runs it
        with _up(folder) as (pid, environment):
            yield RunningSite(pid, environment, folder)


class RunningSite:
    """A site that takes statements about learners of the shipped program."""

    def __init__(self, pid: int, environment: Environment, folder: Path) -> None:
        """Declare the sources and publish the program; `pid` is of the process that looks after all others."""
        self._pid = pid
        self._environment = environment
        parts = [(part.name, part.address, int(row["pid"])) for part, row in read_register(folder / "site")]
        self._addresses = {name: address for name, address, _ in parts}
        self._parts = {pid: name for name, _, pid in parts}
        self.engine = create_engine(environment["MILEPOST_DATABASE"])
        names = {name.removeprefix("MILEPOST_").lower(): value for name, value in environment.items()}
        self.settings = Settings.model_validate(names)
        self._progress = Progress(self.settings)
        self._keys = {
            "lms": self.milepost("source", "add", "lms", "--kind", "xapi"),
            "office": self.milepost("source", "add", "office", "--kind", "office"),
        }
        self.milepost("program", "publish", PROGRAM)
        self.learners = 0

    def enroll(self, learners: int, *, others: int = 0) -> None:
        """Enroll learners, and others of whom nothing is said."""
        people = [enrollment(number, program=PROGRAM) for number in range(learners + others)]
        with self.client("office") as client:
            for begin in range(0, len(people), 500):
                client.post("/v1/facts", json=people[begin : begin + 500]).raise_for_status()
        self.learners = learners
        self.settle()

    def statement(self, number: int, *, of: int | None = None) -> dict[str, object]:
        """Return a statement that changes how a learner stands: the next one's, or the one's that is named."""
        activity = (ACTIVITY, QUIZ)[number // max(1, self.learners) % 2]
        return {
            "id": str(uuid4()),
            "actor": {"mbox": f"mailto:{mail(number % self.learners if of is None else of)}"},
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{VERBS[activity]}"},
            "object": {"id": activity},
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }

    def client(self, source: str) -> httpx.Client:
        """Return a client of the gateway with the key of a source."""
        headers = {"Authorization": f"Bearer {self._keys[source]}", "X-Experience-API-Version": "1.0.3"}
        return httpx.Client(base_url=self._addresses["gateway"], headers=headers, timeout=60)

    def metrics(self, part: str) -> str:
        """Return what a process says of itself."""
        return httpx.get(f"{self._addresses[part]}/metrics", timeout=60).text

    def milepost(self, *arguments: str) -> str:
        """Run a command at this site and return what it prints."""
        ran = subprocess.run(
            [*MILEPOST, *arguments], env=dict(self._environment), capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    def settle(self) -> None:
        """Return when everything is shown: twice in a row nobody is behind."""
        calm = 0
        while calm < 2:
            calm = calm + 1 if self._is_calm() else 0
            time.sleep(LOOK_SECONDS)

    def processor_seconds(self) -> Seconds:
        """Return what each process has taken until now, and Kafka and PostgreSQL with all that they have started."""
        taken: dict[str, float] = defaultdict(float)
        for pid, (program, seconds) in descendants(self._pid).items():
            name = self._parts.get(pid) or SERVERS.get(program)
            if name is not None:
                taken[name] += seconds
        return dict(taken)

    def _is_calm(self) -> bool:
        if not self._progress.passed("tracker", self._progress.ends(WORK)):
            return False
        ends = self._progress.ends(STORED)
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT reader, position FROM positions")).all()
            last = connection.execute(text("SELECT coalesce(max(position), 0) FROM log")).scalar_one()
        positions = {row.reader: row.position for row in rows}
        reached = all(positions.get(f"{topic.value}/{number}", 0) >= end for (topic, number), end in ends.items())
        return reached and positions.get("relay", 0) >= last


def enrollment(number: int, *, program: str, **more: str) -> dict[str, object]:
    """Return the fact that a learner is on a program."""
    person = {"mail": mail(number), "name": f"Learner {number}"}
    return {"type": "learner_enrolled", "id": f"e-{program}-{number}", "program": program, "person": person,
            "cohort": "bench", **more}  # fmt: skip


def mail(number: int) -> str:
    """Return the address of a learner."""
    return f"learner-{number}@example.org"


@contextmanager
def _up(folder: Path) -> Iterator[tuple[int, Environment]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    said, data = folder / "site.log", folder / "site"
    with said.open("w") as log:
        command = [*MILEPOST, "site", "up", "--port", "0", "--data", str(data)]
        up = subprocess.Popen(command, env=clean, stdout=log, stderr=log)
    try:
        _wait_until(lambda: "is ready after" in said.read_text(), up)
        lines = (data / "environment").read_text().splitlines()
        named = (line.removeprefix("export ").split("=", 1) for line in lines if "=" in line)
        yield up.pid, {**clean, **{name: value.strip("'\"") for name, value in named}}
    finally:
        up.terminate()
        up.wait(60)


def _wait_until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 180
    while not holds():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit("the site did not start; `milepost site up` says why")
        time.sleep(0.2)


def descendants(root: int) -> dict[int, tuple[str, float]]:
    """Return the program of each process that a process has started, and they in turn, and its processor seconds.

    What processes took that have ended already counts for the one that has waited for them.
    """
    found: dict[int, tuple[int, str, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:  # it has just ended
            continue
        fields = rest.split()
        found[int(stat.parent.name)] = (int(fields[1]), name, sum(int(ticks) for ticks in fields[11:15]) * TICK_SECONDS)
    return {pid: (name, seconds) for pid, (_, name, seconds) in found.items() if root in _ancestors(pid, found)}


def _ancestors(pid: int, found: Mapping[int, tuple[int, str, float]]) -> set[int]:
    above: set[int] = set()
    while pid in found and pid not in above:
        above.add(pid)
        pid = found[pid][0]
    return above
