"""How large a learner's record is: a few thousand octets, however much is done."""

from itertools import count, cycle, islice
from typing import Any
from uuid import UUID

from milepost.core.evidence import DAYS_KEPT
from milepost.core.processor import advance
from milepost.core.processors.learners import PROCESSOR
from milepost.tracker.catalogs import Catalogs
from milepost_schemas.facts import ActivityReported, LearnerEnrolled
from milepost_schemas.instants import HOUR, from_text
from milepost_schemas.messages import AboutLearner, Owner, SeatStated, SessionSeat, Tick
from milepost_schemas.topics import LearnerMessage
from milepost_schemas.words import Claim
from tests.core.builders import TENANT, live, program

MODULES = ("safety", "tools", "handover", "hygiene", "forms", "drill", "case", "aid")
BEGINS = from_text("2026-09-07T08:00:00Z")
OWNER = Owner(identifier=str(UUID(int=1)), learner=str(UUID(int=2)), standing="known", version=1)
CLAIMS: list[Claim] = ["opened", "attempted", "answered", "failed", "completed", "passed"]


def stamps(number: int, at: int) -> dict[str, Any]:
    name = str(UUID(int=number * 0x165667B19E3779F97F4A7C15F39CC061 % 2**128))
    return {"tenant": TENANT, "fact_id": name, "occurred_at": at, "recorded_at": at, "received_at": at + 40_000}


def seat(number: int, course: str) -> SeatStated:
    """Return a booked seat."""
    start_at = BEGINS + number * 240 * HOUR
    named = str(UUID(int=9000 + number))
    session = SessionSeat(
        session="1", part=1, start_at=start_at, end_at=start_at + HOUR, known_at=BEGINS, recorded_at=BEGINS
    )
    return SeatStated(
        tenant=TENANT,
        learner=OWNER.learner,
        offering=f"{course}-2026-{number}",
        course=course,
        version=1,
        as_of=BEGINS,
        title="A day together",
        state="booked",
        state_at=BEGINS,
        state_by=named,
        known_at=BEGINS,
        booked_at=BEGINS,
        held_by=named,
        sessions=(session,),
    )


def done(first: int, facts: int, modules: tuple[str, ...]) -> list[LearnerMessage]:
    """Return so many things that somebody does, one an hour; each of all kinds, in each module."""
    catalogs = Catalogs()
    catalogs.learn(PROGRAM)
    catalog = catalogs.catalog(TENANT)
    said: list[LearnerMessage] = []
    kinds = cycle((module, claim, score) for score in (None, 0.3, 0.9) for claim in CLAIMS for module in modules)
    for number, (module, claim, score) in zip(count(first), islice(kinds, facts), strict=False):
        activity = f"https://lms.example.com/mod/{module}"
        fact = ActivityReported(
            source="lms", activity=activity, claims=(claim,), score=score, **stamps(number, BEGINS + number * HOUR)
        )
        said.append(AboutLearner(owner=OWNER, fact=fact, asks=catalog.asks("lms", activity)))
    return said


def module(name: str, stage: str, done: Any, **changes: Any) -> dict[str, Any]:
    """Return a step that an LMS shows."""
    evidence = {"source": "lms", "activity": f"https://lms.example.com/mod/{name}"}
    return {"id": name, "stage": stage, "done": done, "evidence": evidence, **changes}


PROGRAM = program(
    *(module(name, "pre_learning", "completed") for name in MODULES[:5]),
    *(live(f"L{n}", live={"course": f"C{n}"}, after=None) for n in (1, 2, 3)),
    module("drill", "reinforcement", {"any": ["passed", "score >= 0.8"]}),
    module("case", "reinforcement", {"all": ["completed", "score >= 0.5"]}, attempts={"take": "latest"}),
    module("cards", "reinforcement", "answered", each={"at": ["2d", "7d"], "after": "L1", "within": "2d"}),
    module("aid", "support", "opened", required=False),
)


def sizes(modules: tuple[str, ...]) -> list[int]:
    """Return the size of a learner's record after each 10,000 facts, and before them all."""
    catalogs = Catalogs()
    catalogs.learn(PROGRAM)
    catalog = catalogs.catalog(TENANT)
    enrolled = AboutLearner(owner=OWNER, fact=LearnerEnrolled(source="hr", program="P", **stamps(1, BEGINS)))
    begun: list[Any] = [enrolled, *(seat(n, f"C{n}") for n in (1, 2, 3)), Tick(tenant=TENANT, at=BEGINS + HOUR)]
    record, found = None, []
    for messages in (begun, done(2, 10_000, modules), done(10_002, 10_000, modules)):
        advanced = advance(PROCESSOR, f"{TENANT}/{OWNER.learner}", record, messages, catalog)
        record = advanced.record
        found.append(len(record))
    return found


def test_a_record_of_twelve_steps_and_three_offerings_fits_into_4_kb_and_grows_no_more() -> None:
    begun, much, twice_as_much = sizes(MODULES)

    assert 500 < begun < much <= 4_000
    assert twice_as_much <= much + 8


def test_what_is_read_by_day_adds_some_days() -> None:
    _, much, twice_as_much = sizes((*MODULES, "cards"))

    assert much <= 4_000 + 2 * DAYS_KEPT * 60
    assert twice_as_much <= much + 8
