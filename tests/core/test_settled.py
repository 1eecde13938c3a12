"""Who hears nothing new is not assessed again; who hears anything else is."""

import msgspec
import pytest

from milepost.core.processors.learners import PROCESSOR, LearnerRecord, assess
from milepost.tracker.cascade import Cascade
from milepost_schemas.facts import LearnerFact
from milepost_schemas.messages import AboutLearner, Owner
from milepost_schemas.topics import Message, Topic
from tests.core.builders import ANA, TENANT, World, elearning, live, program, reinforcement, scheduled, session, world

BEFORE_NOON = "Mon 7 11:00"


def begun() -> World:
    """Return a world in which Ana has opened `e`, which a tick has covered."""
    cards = reinforcement("r", evidence={"source": "lms", "activity": "a:r"})
    published = program(elearning(due="3d after enrollment"), elearning("f"), live(), cards)
    there = world(
        published, scheduled("S", session("Mon 14 10:00")), ANA.enrolled(), ANA.did("e", "opened", "Mon 7 09:00")
    )
    there.tick("Mon 7 10:00")
    return there


def is_assessed(world: World, *said: Message, later: World | None = None) -> bool:
    """Say whether Ana is assessed again when this is said; where programs came later, against those."""
    stored = world.keep._records[Topic.LEARNERS][f"{TENANT}/{ANA.learner}"]
    record = msgspec.msgpack.decode(stored, type=LearnerRecord)
    settled = record.settled
    for one in said:
        record = PROCESSOR.evolve(record, "", addressed(one))
    record, _, _ = assess(record, Cascade((later or world).keep).catalog(TENANT))
    return record.settled is not settled


def addressed(said: Message) -> AboutLearner:
    fact: LearnerFact = said.fact  # type: ignore[union-attr, assignment]
    owner = Owner(identifier=ANA.identifier, learner=ANA.learner, standing="known", version=9)
    return AboutLearner(owner=owner, fact=fact)


@pytest.mark.parametrize("claim", ["opened", "attempted", "answered"])
def test_what_only_says_once_more_that_a_step_is_under_way_is_not_assessed(claim: str) -> None:
    assert not is_assessed(begun(), ANA.did("e", claim, BEFORE_NOON))


def test_what_is_done_is_assessed_once() -> None:
    there = begun()

    assert is_assessed(there, ANA.passed(BEFORE_NOON))
    there.take(ANA.passed(BEFORE_NOON))
    assert not is_assessed(there, ANA.passed("Mon 7 11:30", fact_id="again"))


def test_a_better_date_is_assessed() -> None:
    there = begun().take(ANA.passed(BEFORE_NOON))

    assert is_assessed(there, ANA.passed("Mon 7 10:30", fact_id="earlier"))


def test_the_first_sign_of_another_stage_is_assessed() -> None:
    assert is_assessed(begun(), ANA.did("r", "opened", BEFORE_NOON))


def test_an_earlier_first_sign_of_life_is_assessed() -> None:
    assert is_assessed(begun(), ANA.did("e", "opened", "Mon 7 08:00"))


def test_the_first_sign_of_another_step_in_a_stage_that_is_under_way_is_not_assessed() -> None:
    assert not is_assessed(begun(), ANA.did("f", "opened", BEFORE_NOON))


def test_anything_but_an_activity_is_assessed() -> None:
    assert is_assessed(begun(), ANA.waived("r", BEFORE_NOON))


def test_what_will_stop_counting_is_assessed() -> None:
    revoked = ANA.did("e", "opened", BEFORE_NOON, provisional=True, fact_id="soon gone")
    there = begun().take(ANA.revoked(revoked, BEFORE_NOON, at="Tue 8 11:00"))

    assert is_assessed(there, revoked)


def test_a_program_published_since_is_read() -> None:
    later = begun().take(program(elearning(), version=2, published="Thu 3 08:00"))

    assert is_assessed(begun(), ANA.did("e", "opened", BEFORE_NOON), later=later)
