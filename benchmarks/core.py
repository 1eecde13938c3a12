"""How many activity facts the core takes in for each second of processor time: bytes in, bytes out, no service beside.

Facts lie in partitions as on Kafka, in batches of 500: about 3,000 learners on a program of twelve steps with every
kind of rule, who hold two seats each. Two stations take them in one after the other, as a worker does: the resolver,
and the learners from what it says. Each message is decoded, the records are read, advanced and written, and what they
say is encoded; nothing is sent or stored anywhere. What nobody has to hear of (a module that is under way, and is
opened again) is among the facts, as it is in life: `--facts` says how many come to each learner, and the report says
how much was said of them.

The baseline is what no core could do without: the same messages and records, read and written and nothing else. Both
take turns as processes of their own in the same run, as does another revision of this repository if one is named (it is
checked out beside). Medians are compared. Run it from the root of the repository:

    python benchmarks/core.py
    python benchmarks/core.py --against HEAD~3     # beside another revision
"""

import argparse
import dataclasses
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

import msgspec

import milepost.tracker.outgoing as tracker_outgoing
import milepost.tracker.station as tracker_station
from milepost.broker.partitioning import partition_of
from milepost.core.processors import PROCESSORS
from milepost.tracker import stored
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.outgoing import Output
from milepost.tracker.station import Arrived, Station, Step
from milepost.tracker.stored import Stored
from milepost_schemas.facts import ActivityReported, LearnerEnrolled
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text
from milepost_schemas.messages import AboutActor, ProgramPublished, SeatStated, SessionSeat, Tick
from milepost_schemas.topics import Topic, decode, encode

ROOT = Path(__file__).resolve().parents[1]
TENANT = "acme"
LEARNERS = 3_000
BATCH = 500
PARTITION = 0
BEGINS = from_text("2026-09-07T08:00:00Z")
STEPS_WITH_EVIDENCE = ("safety", "tools", "handover", "hygiene", "cards", "drill", "case", "aid", "forms")
CLAIMS: tuple[tuple[tuple[Any, ...], int], ...] = (
    (("opened",), 3),
    (("attempted",), 2),
    (("answered",), 4),
    (("failed",), 1),
    (("completed",), 1),
    (("completed", "passed"), 1),
)


def module(step: str, stage: str, **changes: Any) -> dict[str, Any]:
    """Return a step that an LMS shows."""
    evidence = {"source": "lms", "activity": f"https://lms.example.com/mod/{step}"}
    return {"id": step, "stage": stage, "evidence": evidence, "done": "completed", **changes}


def day(step: str, *gated_by: str, **changes: Any) -> dict[str, Any]:
    """Return a live step that is booked."""
    return {
        "id": step,
        "stage": "live",
        "live": {"course": step.upper(), "make_up": "any_offering"},
        "roster": "booking",
        "channels": {"room": "sheet", "remote": "zoom"},
        "done": "present >= 80%",
        "after": {"steps": list(gated_by), "gate": "strict"},
        **changes,
    }


PROGRAM: dict[str, Any] = {
    "program": "ward",
    "version": 1,
    "zone": "Europe/Berlin",
    "calendar": {"calendar": "plain", "holidays": {"2026-10-03": "a feast"}},
    "deadline": "90d after enrollment",
    "notice": "2d",
    "steps": [
        module("safety", "pre_learning", done="passed", due="5wd after enrollment at 18:00"),
        module("tools", "pre_learning", due="1wd before day1.start at 18:00"),
        module("handover", "pre_learning", done={"any": ["passed", "score >= 0.8"]}, due="1wd before day1.start"),
        module("hygiene", "pre_learning", due="2wd before day2.start at 18:00"),
        day("day1", "safety", "tools", "handover", due="30d after enrollment"),
        day("day2", "hygiene", due="45d after enrollment"),
        module("cards", "reinforcement", each={"at": ["2d", "7d", "21d"], "after": "day2", "within": "3d"}),
        module("drill", "reinforcement", due="10d after day2"),
        module("case", "reinforcement", done={"all": ["completed", "score >= 0.5"]}, due="20d after day2"),
        {"id": "round", "stage": "reinforcement", "done": {"signed_off_by": ["mentor"]}, "due": "10wd after day2"},
        module("aid", "support", done="opened", required=False),
        module("forms", "support", required=False),
    ],
}


# --- the work --------------------------------------------------------------------------------------------------------


def learner_of(number: int) -> str:
    return f"l-{number * 0x9E3779B97F4A7C15 % 2**96:024x}"


def about(number: int, fact: Any) -> AboutActor:
    return AboutActor(
        actor=f"a-{number * 0xC2B2AE3D27D4EB4F % 2**96:024x}",
        candidate_learner=learner_of(number),
        candidate_identifier=f"i-{number:024x}",
        fact=fact,
    )


def known(number: int, at: int, source: str) -> dict[str, Any]:
    name = str(UUID(int=number * 0x165667B19E3779F97F4A7C15F39CC061 % 2**128))
    moments = {"occurred_at": at, "recorded_at": at, "received_at": at + 40_000}
    return {"tenant": TENANT, "source": source, "fact_id": name, **moments}


def enrollment(number: int) -> AboutActor:
    fact = LearnerEnrolled(program="ward", cohort="autumn", **known(number, BEGINS + number * MINUTE, "hr"))
    return about(number, fact)


def seat(number: int, course: str, start_at: int) -> SeatStated:
    """Return a booked seat in an offering of twenty."""
    booked_at = BEGINS + DAY
    session = SessionSeat(
        session="1",
        part=1,
        start_at=start_at,
        end_at=start_at + 3 * HOUR,
        known_at=booked_at,
        recorded_at=booked_at,
        zone="Europe/Berlin",
    )
    return SeatStated(
        tenant=TENANT,
        learner=learner_of(number),
        offering=f"{course}-{number // 20}",
        course=course,
        version=1,
        as_of=booked_at,
        title="A day together",
        state="booked",
        state_at=booked_at,
        state_by=f"seat-{course}-{number}",
        known_at=booked_at,
        booked_at=booked_at,
        held_by=f"seat-{course}-{number}",
        sessions=(session,),
    )


def activity(number: int, count: int, random: Random) -> AboutActor:
    """Return one of the things that a learner does in a month."""
    step = random.choice(STEPS_WITH_EVIDENCE)
    (claims,) = random.choices([claims for claims, _ in CLAIMS], [weight for _, weight in CLAIMS])
    fact = ActivityReported(
        activity=f"https://lms.example.com/mod/{step}",
        claims=claims,
        score=round(random.random(), 2) if {"passed", "failed"} & {*claims} else None,
        progress=round(random.random(), 2) if "attempted" in claims else None,
        attempt=f"attempt-{count % 3}",
        **known(1_000_000 + count, BEGINS + 2 * DAY + count * 80_000, "lms"),
    )
    return about(number, fact)


def arriving(first: int, bodies: Sequence[bytes]) -> Iterator[list[Arrived]]:
    """Yield messages as they lie in a partition, in batches."""
    for start in range(0, len(bodies), BATCH):
        yield [
            Arrived(first + start + place, b"", body, BEGINS)
            for place, body in enumerate(bodies[start : start + BATCH])
        ]


class Worker:
    """The two stations that an activity passes, with what lies in the topics between them."""

    def __init__(self) -> None:
        catalogs = Catalogs()
        catalogs.learn(
            ProgramPublished(tenant=TENANT, program="ward", version=1, published_at=BEGINS - DAY, definition=PROGRAM)
        )
        partitions = partial(partition_of, partitions=4)
        self.resolver = Station(PROCESSORS[Topic.ACTORS], catalogs, partitions, partitions=4)
        self.learners = Station(PROCESSORS[Topic.LEARNERS], catalogs, partitions, partitions=4)
        self._read = {Topic.ACTORS: 0, Topic.LEARNERS: 0}
        for station in (self.resolver, self.learners):
            station.assign(PARTITION, [])

    def take(self, station: Station, bodies: Sequence[bytes]) -> list[Output]:
        """Take bodies in, in batches; return what was said."""
        return [output for step in self.steps(station, bodies) for output in step.outputs]

    def steps(self, station: Station, bodies: Sequence[bytes]) -> list[Step]:
        """Take bodies in, in batches; return what was stored and said."""
        steps: list[Step] = []
        for batch in arriving(self._read[station.topic], bodies):
            station.needs(batch)
            steps.extend(station.take(PARTITION, batch))
        self._read[station.topic] += len(bodies)
        return steps

    def carry(self, bodies: Sequence[bytes]) -> Counter[Topic]:
        """Take bodies in and carry them through both stations, batch by batch; return what was said how often."""
        said: Counter[Topic] = Counter()
        for start in range(0, len(bodies), BATCH):
            outputs = self.take(self.resolver, bodies[start : start + BATCH])
            outputs += self.take(self.learners, [one.value for one in outputs if one.topic is Topic.LEARNERS])
            said.update(one.topic for one in outputs)
        return said


def prepared() -> Worker:
    """Return a worker whose learners are enrolled and booked, after a tick that covers all of it."""
    worker = Worker()
    worker.carry([encode(enrollment(number)) for number in range(LEARNERS)])
    seats = [
        seat(number, course, BEGINS + days * DAY)
        for number in range(LEARNERS)
        for course, days in (("DAY1", 40), ("DAY2", 50))
    ]
    worker.take(worker.learners, [encode(one) for one in seats])
    worker.take(worker.learners, [encode(Tick(tenant=TENANT, at=BEGINS + 2 * DAY))])
    return worker


def work(facts: int) -> list[bytes]:
    random = Random(7)
    return [encode(activity(random.randrange(LEARNERS), count, random)) for count in range(facts)]


# --- measuring -------------------------------------------------------------------------------------------------------


def measure(facts: int) -> dict[str, float]:
    """Return how many facts were taken in for each second of processor time, and what was said of each."""
    worker, bodies = prepared(), work(facts)
    gc.collect()
    gc.freeze()
    before = process_time()
    said = worker.carry(bodies)
    seconds = process_time() - before
    outputs = {f"to {topic}": count / facts for topic, count in said.items()}
    return {"rate": facts / seconds, **outputs}


def merely_read_and_written(facts: int) -> dict[str, float]:
    """Return the same rate where messages and records are read and written, and nothing follows from them."""
    worker, bodies = prepared(), work(facts)
    seconds = 0.0
    for start in range(0, facts, BATCH):
        batch = bodies[start : start + BATCH]
        resolved = worker.steps(worker.resolver, batch)
        addressed = [one.value for step in resolved for one in step.outputs if one.topic is Topic.LEARNERS]
        learned = worker.steps(worker.learners, addressed)
        said = [decode(one.value) for step in (*resolved, *learned) for one in step.outputs]
        records = [
            (station.record, value)
            for station, steps in ((PROCESSORS[Topic.ACTORS], resolved), (PROCESSORS[Topic.LEARNERS], learned))
            for step in steps
            for value in step.stored.values()
        ]
        before = process_time()
        for body in (*batch, *addressed):
            decode(body)
        for message in said:
            encode(message)
        for kind, value in records:
            kept = stored.read(value)
            record = msgspec.msgpack.encode(msgspec.msgpack.decode(kept.record, type=kind))
            stored.write(stored.watermark_of(value), Stored(record, kept.waits, kept.owed))
        seconds += process_time() - before
    return {"rate": facts / seconds}


class Watch:
    """Adds up what parts of the work take; a part within another is taken off the outer one."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def over(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, watched."""

        def watched(*arguments: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            began = perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                took = perf_counter() - began
                self.spent[part] += took - self._inner.pop()
                self._inner[-1] += took

        return watched

    def within(self, place: Any, name: str, part: str) -> None:
        """Watch a function where a module holds it."""
        setattr(place, name, self.over(part, getattr(place, name)))

    def processor(self, station: Station) -> None:
        """Watch the two functions of a station's processor."""
        held: Any = station._processor
        name = station.topic.value
        station._processor = dataclasses.replace(
            held,
            evolve=self.over(f"{name}: evolve", held.evolve),
            assess=self.over(f"{name}: assess", held.assess),
        )


def breakdown(facts: int) -> dict[str, float]:
    """Return the share of each part of the work."""
    worker, bodies, watch = prepared(), work(facts), Watch()
    for station in (worker.resolver, worker.learners):
        watch.processor(station)
    watch.within(tracker_station, "decode", "decode messages")
    watch.within(tracker_outgoing, "encode", "encode what is said")
    watch.within(stored, "read", "read records")
    watch.within(stored, "write", "write records")
    watch.within(msgspec.msgpack, "decode", "read records")
    watch.within(msgspec.msgpack, "encode", "write records")
    learners: Any = sys.modules["milepost.core.processors.learners"]
    for name in ("journey_row", "seat_row", "digest_of"):
        if hasattr(learners, name):
            watch.within(learners, name, "learners: rows")
    watch.over("stations", worker.carry)(bodies)
    whole = sum(watch.spent.values())
    parts = sorted(watch.spent.items(), key=lambda part: -part[1])
    return {part: spent / whole for part, spent in parts}


# --- in turns --------------------------------------------------------------------------------------------------------


def elsewhere(place: Path, *arguments: str) -> dict[str, float]:
    """Run this file by the code that lies in a place."""
    path = os.pathsep.join(str(place / folder) for folder in ("services", "schemas"))
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    said = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(said.stdout)
    return found


def in_turns(runs: dict[str, tuple[Path, str]], *, rounds: int, facts: int) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (place, what) in runs.items():
            found[name].append(elsewhere(place, "--only", what, "--facts", str(facts)))
            print(f"{name:24} {found[name][-1]['rate']:8,.0f} facts/processor-s", flush=True)
    return found


def report(found: dict[str, list[dict[str, float]]], parts: dict[str, float]) -> None:
    medians = {name: statistics.median(one["rate"] for one in rounds) for name, rounds in found.items()}
    print()
    last = found["now"][-1]
    said = ", ".join(f"{last[topic]:.2f} {topic}" for topic in sorted(last) if topic.startswith("to "))
    print(f"now {medians['now']:,.0f} facts/processor-s; each says {said}")
    for name in medians.keys() - {"now"}:
        print(f"{medians['now'] / medians[name]:.2f} of {name} ({medians[name]:,.0f})")
    print("\nwhere the time goes now:")
    for part, share in parts.items():
        print(f"  {share:5.0%}  {1e6 * share / medians['now']:6.1f} us a fact  {part}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facts", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", metavar="REVISION", help="measure this revision of the repository as well")
    parser.add_argument("--only", choices=sorted(MEASURES), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(MEASURES[chosen.only](chosen.facts)))
        return
    with tempfile.TemporaryDirectory() as folder, _checked_out(chosen.against, Path(folder) / "other") as other:
        runs = {"now": (ROOT, "rate"), "merely read and written": (ROOT, "merely")}
        if other is not None:
            runs[chosen.against] = (other, "rate")
        found = in_turns(runs, rounds=chosen.rounds, facts=chosen.facts)
    report(found, elsewhere(ROOT, "--only", "parts", "--facts", str(chosen.facts)))


@contextmanager
def _checked_out(revision: str | None, place: Path) -> Iterator[Path | None]:
    """Have a revision of this repository beside it, if one is named."""
    if revision is None:
        yield None
        return
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(place), revision], check=True)
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True)


MEASURES = {"rate": measure, "merely": merely_read_and_written, "parts": breakdown}

if __name__ == "__main__":
    main()
