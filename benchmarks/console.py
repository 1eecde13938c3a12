"""What the console's pages cost with 10,000 learners on SQLite: processor time of each, beside that of an empty page.

The database is made by the functions that the tracker and the projector store with: a program of nine columns, a seat,
a dozen facts, some three gaps and their changes for each learner, sessions of fifty, an inbox in use. Pages are asked
for in this process, in turns, as a browser does (compressed); what counts is the processor time of the process, its
threads included. Run it from the root of the repository:

    python -m benchmarks.console --learners 10000 --rounds 20
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

from fastapi import FastAPI
from starlette.types import Message

from milepost.clock import ManualClock
from milepost.console.acting import watch_tracker
from milepost.console.app import build_console
from milepost.console.visit import Desk
from milepost.ports import Filed
from milepost.programs.loader import load_program
from milepost.programs.shipped import shipped_program
from milepost.runtimes.young_objects import settle
from milepost.store import filing, inbox, people, projecting, recording, tenants
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.inbox import Hand
from milepost.store.migrate import migrate
from milepost.store.vault import Vault
from milepost_schemas.changes import AnyChange, GapOpened, GapResolved
from milepost_schemas.facts import ActivityReported
from milepost_schemas.instants import DAY, HOUR, MINUTE, from_text
from milepost_schemas.messages import AboutActor, Owner, ProgramPublished
from milepost_schemas.projections import (
    GapRow,
    JourneyRow,
    LearnerProjected,
    OfferingProjected,
    ParticipantRow,
    Projected,
    SeatRow,
    SeatSessionRow,
    SessionRow,
    SourceProjected,
    StageRow,
    StepRow,
    StepState,
)
from milepost_schemas.submissions import PersonSeen
from milepost_schemas.words import GapState, Severity, Stage

TENANT, PROGRAM = "default", "lockout-tagout"
NOW = from_text("2026-09-16T07:41:00Z")
COHORTS = [f"plant {number}" for number in range(1, 41)]
STEPS: tuple[tuple[str, int, Stage], ...] = (
    ("theory", 0, "pre_learning"),
    ("entry-quiz", 0, "pre_learning"),
    ("practice", 0, "live"),
    ("posttest", 0, "live"),
    *(("recall", number, "reinforcement") for number in (1, 2, 3)),
    ("on-the-job", 0, "reinforcement"),
    ("six-steps", 0, "support"),
)
GAPS: tuple[tuple[str, Severity], ...] = (
    ("never_started", "critical"),
    ("elearning_done_ilt_missed", "high"),
    ("prework_overdue", "warning"),
    ("not_booked", "warning"),
)
SEATS = 50
FIRST = ("Ana", "Ben", "Cid", "Dora", "Emre", "Freya", "Goran", "Hana", "Ivo", "Julia", "Kofi", "Lena", "Mara", "Noor")
LAST = ("Ruiz", "Okafor", "Moreau", "Lindqvist", "Yilmaz", "Holm", "Petrov", "Sato", "Brandt", "Novak", "Mensah")

EMPTY = "/account"
PAGES = (
    "/gaps",
    "/gaps?page=40",
    "/gaps?q=ana",
    "/gaps?cohort=plant+7",
    "/gaps?assigned=carla",
    "/gaps?assigned=nobody",
    "/gaps?view=snoozed",
    "/gaps?view=closed",
    "/gaps/g-42-0",
    f"/programs/{PROGRAM}",
    f"/programs/{PROGRAM}?cohort=plant+7",
    f"/programs/{PROGRAM}?size=500",
    f"/programs/{PROGRAM}?q=ana&page=3",
    "/learners",
    "/learners?page=150",
    "/learners?q=ruiz",
    "/learners/l-42",
    "/sessions",
    "/sessions?when=past",
    "/sessions/O-3/s1",
    "/unmatched",
    "/sources",
    "/audit",
    "/live",
)


@dataclass(frozen=True, slots=True)
class Learner:
    """One of the learners, drawn by their number."""

    number: int

    @property
    def name(self) -> str:
        return f"{FIRST[self.number % len(FIRST)]} {LAST[self.number // len(FIRST) % len(LAST)]} {self.number}"

    @property
    def cohort(self) -> str:
        return COHORTS[self.number % len(COHORTS)]

    @property
    def offering(self) -> str:
        return f"O-{self.number // SEATS}"

    @property
    def starts_at(self) -> int:
        return NOW + (self.number // SEATS % 120 - 60) * DAY // 2

    def person(self) -> PersonSeen:
        mail = f"{self.name.lower().replace(' ', '.')}@example.org"
        return PersonSeen(actor=f"a-{self.number}", identifier=f"mailto:{mail}", name=self.name, mail=mail, rank=30)

    def facts(self) -> list[ActivityReported]:
        return [
            ActivityReported(
                tenant=TENANT,
                fact_id=f"f-{self.number}-{count}",
                source="lms",
                occurred_at=NOW - (30 - count) * DAY,
                recorded_at=NOW - (30 - count) * DAY,
                received_at=NOW - (30 - count) * DAY + MINUTE,
                activity=f"https://lms.example.com/mod/quiz/view.php?id={102 + count % 3}",
                claims=("completed", "passed"),
                score=0.5 + count / 40,
            )
            for count in range(12)
        ]

    def projected(self) -> LearnerProjected:
        lots = random.Random(self.number)
        gaps = tuple(self._gap(lots, place) for place in range(lots.choice((2, 3, 3, 4))))
        return LearnerProjected(
            tenant=TENANT,
            learner=f"l-{self.number}",
            version=10,
            as_of=NOW,
            journeys=(self._journey(lots),),
            seats=(self._seat(),),
            gaps=gaps,
            changes=tuple(change for gap in gaps for change in self._changes(gap)),
        )

    def participant(self) -> ParticipantRow:
        return ParticipantRow(
            identifiers=(f"i-{self.number}",),
            learner=f"l-{self.number}",
            standing="known",
            state="booked",
            joined_at=self.starts_at + 3 * MINUTE if self.number % 5 else None,
            left_at=self.starts_at + 2 * HOUR if self.number % 5 else None,
            share=0.97 if self.number % 5 else 0.0,
            minutes=117 if self.number % 5 else 0,
            channels=("remote",) if self.number % 5 else (),
            shown_by=(f"f-{self.number}-3",),
        )

    def _journey(self, lots: random.Random) -> JourneyRow:
        done = lots.randrange(len(STEPS))
        steps = tuple(self._step(lots, place, done) for place in range(len(STEPS)))
        stage = STEPS[done][2]
        order: tuple[Stage, ...] = ("pre_learning", "live", "reinforcement", "support")
        return JourneyRow(
            program=PROGRAM,
            version=1,
            cohort=self.cohort,
            enrolled_at=NOW - 40 * DAY,
            enrolled_by=f"f-{self.number}-0",
            state="active",
            stage=stage,
            stages=tuple(
                StageRow(stage=each, state="satisfied" if order.index(each) < order.index(stage) else "not_begun")
                for each in order
            ),
            steps=steps,
            deadline_at=NOW + 20 * DAY,
            next_due_at=NOW + DAY,
        )

    def _step(self, lots: random.Random, place: int, done: int) -> StepRow:
        step, occurrence, stage = STEPS[place]
        open_states: tuple[StepState, ...] = ("due", "late", "missed", "unknown", "not_expected")
        return StepRow(
            step=step,
            occurrence=occurrence,
            stage=stage,
            state="done" if place < done else lots.choice(open_states),
            due_at=NOW + (place - done) * DAY,
            done_at=NOW - (20 - place) * DAY if place < done else None,
            shown_by=(f"f-{self.number}-{place}",) if place < done else (),
        )

    def _seat(self) -> SeatRow:
        session = SeatSessionRow(
            session="s1",
            part=1,
            start_at=self.starts_at,
            end_at=self.starts_at + 2 * HOUR,
            outcome="attended" if self.number % 5 else "absent",
            shown_by=(f"f-{self.number}-3",),
        )
        return SeatRow(
            offering=self.offering,
            course="LOTO-PRACTICE",
            title="Practice",
            state="booked",
            state_at=NOW - 20 * DAY,
            sessions=(session,),
        )

    def _gap(self, lots: random.Random, place: int) -> GapRow:
        gap, severity = lots.choice(GAPS)
        state: GapState = "open" if place == 0 else lots.choice(("mitigated", "resolved", "resolved", "retracted"))
        since = NOW - lots.randrange(40 * 24) * HOUR
        ended: dict[str, Any] = (
            {} if state in ("open", "mitigated") else {"ended_at": NOW - HOUR, "ended_by": f"f-{self.number}-5"}
        )
        return GapRow(
            gap_id=f"g-{self.number}-{place}",
            gap=gap,
            subject_kind="journey",
            subject=f"j-{self.number}",
            about=f"j-{self.number}/{place}",
            state=state,
            severity=severity,
            since=since,
            opened_at=since,
            changed_at=NOW - lots.randrange(1000) * MINUTE,
            told=("coordinator",),
            shown_by=(f"f-{self.number}-1", f"f-{self.number}-2"),
            learner=f"l-{self.number}",
            program=PROGRAM,
            step="practice",
            offering=self.offering,
            session="s1",
            values={
                "enrolled_at": NOW - 40 * DAY,
                "session": f"{self.offering}/s1",
                "step": "theory",
                "due_at": since,
            },
            **ended,
        )

    def _changes(self, gap: GapRow) -> Iterator[AnyChange]:
        said: dict[str, Any] = {
            "tenant": TENANT,
            "gap_id": gap.gap_id,
            "gap": gap.gap,
            "subject_kind": gap.subject_kind,
            "subject": gap.subject,
            "severity": gap.severity,
            "since": gap.since,
        }
        yield GapOpened(at=gap.opened_at, shown_by=gap.shown_by, **said)
        if gap.ended_at is not None:
            yield GapResolved(at=gap.changed_at, ended_at=gap.ended_at, by=gap.ended_by, **said)


def offering(members: list[Learner]) -> OfferingProjected:
    """Return the offering in which these learners have their seats."""
    first = members[0]
    session = SessionRow(
        session="s1",
        part=1,
        start_at=first.starts_at,
        end_at=first.starts_at + 2 * HOUR,
        zone="Europe/Berlin",
        canceled=False,
        participants=tuple(each.participant() for each in members),
    )
    return OfferingProjected(
        tenant=TENANT,
        offering=first.offering,
        version=3,
        as_of=NOW,
        course="LOTO-PRACTICE",
        title="Practice",
        capacity=SEATS,
        sessions=(session,),
    )


def fill(database: Database, number: int) -> None:
    """Store a department of so many learners."""
    with database.writing() as connection:
        tenants.open_tenant(connection, TENANT, at=NOW - 90 * DAY)
        definition = load_program(shipped_program(PROGRAM))
        published = ProgramPublished(
            tenant=TENANT, program=PROGRAM, version=1, published_at=NOW - 80 * DAY, definition=definition
        )
        recording.publish(connection, published)
        recording.note_tick(connection, TENANT, NOW)
        source = SourceProjected(tenant=TENANT, source="lms", version=1, as_of=NOW, kind="moodle", last_heard_at=NOW)
        projecting.project(connection, [source])
    for start in range(0, number, 500):
        fill_some(database, [Learner(each) for each in range(start, min(start + 500, number))])


def fill_some(database: Database, learners: list[Learner]) -> None:
    """Store some learners with everything about them, in one transaction."""
    classes = [learners[start : start + SEATS] for start in range(0, len(learners), SEATS)]
    rows: list[Projected] = [each.projected() for each in learners]
    with database.writing() as connection:
        people.see(connection, [(TENANT, NOW, [each.person() for each in learners])])
        people.propose(connection, [_first(each) for each in learners])
        owners = [_owner(each) for each in learners]
        people.own(connection, TENANT, owners)
        filing.file(
            connection,
            [Filed(TENANT, f"i-{each.number}", fact, f"a-{each.number}") for each in learners for fact in each.facts()],
        )
        projecting.project(connection, [*rows, *(offering(members) for members in classes)])
        for each in learners[::20]:
            hand = Hand(TENANT, f"g-{each.number}-0", "cem", NOW - HOUR, 0)
            inbox.assign(connection, hand, "carla" if each.number % 40 else "cem")
            if each.number % 60 == 0:
                inbox.snooze(connection, Hand(TENANT, hand.gap_id, "cem", NOW - HOUR, 1), NOW + 7 * DAY)


def _owner(learner: Learner) -> Owner:
    return Owner(identifier=f"i-{learner.number}", learner=f"l-{learner.number}", standing="known", version=1)


def _first(learner: Learner) -> AboutActor:
    return AboutActor(
        actor=f"a-{learner.number}",
        candidate_learner=f"l-{learner.number}",
        candidate_identifier=f"i-{learner.number}",
        fact=learner.facts()[0],
    )


async def ask(app: FastAPI, address: str) -> tuple[int, int]:
    """Ask as a browser on this machine does; return status and length of the answer."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept-encoding", b"gzip"), (b"cookie", b"zone=Europe/Berlin")],
        "client": ("127.0.0.1", 4000),
        "server": ("localhost", 80),
    }
    status, length = 0, 0

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, length
        status = message.get("status", status)
        length += len(message.get("body", b""))

    await app(scope, receive, send)
    return status, length


async def measure(app: FastAPI, rounds: int) -> dict[str, tuple[list[float], int]]:
    """Return, for each page, the processor time of each time it was asked for, in ms, and its length."""
    taken: dict[str, tuple[list[float], int]] = {}
    for count in range(rounds + 2):
        for address in (EMPTY, *PAGES):
            begun = process_time()
            status, length = await ask(app, address)
            spent = (process_time() - begun) * 1000
            if status != 200:
                raise SystemExit(f"{address} answered {status}")
            if count >= 2:
                taken.setdefault(address, ([], length))[0].append(spent)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the pages cost.")
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", type=Path, help="keep the database here, or take the one that is there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.database or Path(folder) / "console.db"
        is_new = not place.exists()
        database, clock = Database(place), ManualClock(NOW)
        migrate(database)
        if is_new:
            fill(database, chosen.learners)
        acceptance = GroupCommit(database, clock)
        desk = Desk(database, acceptance, clock, Vault(bytes(32)), watch_tracker)
        app = build_console(desk, open_here=True)
        settle()  # as `milepost serve` does
        taken = asyncio.run(measure(app, chosen.rounds))
        acceptance.close()
        database.close()
    empty = statistics.median(taken[EMPTY][0])
    print(f"{'page':45} {'median ms':>10} {'p99 ms':>8} {'x empty':>8} {'kB':>6}")
    for address, (spent, length) in taken.items():
        worst = sorted(spent)[-max(1, len(spent) // 100)]
        middle = statistics.median(spent)
        print(f"{address:45} {middle:10.1f} {worst:8.1f} {middle / empty:8.1f} {length / 1000:6.1f}")


if __name__ == "__main__":
    main()
