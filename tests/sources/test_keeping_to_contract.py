import warnings
from dataclasses import replace
from typing import Any

import pytest

from milepost.sources.translation import keeps_to_contract
from milepost_schemas.facts import ActivityReported, Fact, OfferingScheduled
from milepost_schemas.messages import AboutActor
from milepost_schemas.topics import decode, encode
from tests.contracts.golden import messages

FACTS = [
    each.fact if isinstance(each, AboutActor) else each for each in messages() if isinstance(each, AboutActor | Fact)
]
REPORTED = next(each for each in FACTS if isinstance(each, ActivityReported))
SCHEDULED = next(each for each in FACTS if isinstance(each, OfferingScheduled))

BROKEN: list[dict[str, Any]] = [
    {"tenant": "two/parts"},
    {"fact_id": ""},
    {"source": "x" * 201},
    {"occurred_at": 10**18},
    {"activity": "no-iri"},
    {"activity": "https://learn.example.org/\ud800"},
    {"claims": ("slept",)},
    {"score": 1.5},
    {"progress": -0.1},
    {"attempt": "\x07"},
]


def is_read_by_others(fact: ActivityReported) -> bool:
    """Say whether what is written of a fact can be read by the contract."""
    about = AboutActor(actor="a", candidate_learner="l", candidate_identifier="i", fact=fact)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is written although it should not be
        try:
            return decode(encode(about)) == about
        except ValueError:
            return False


@pytest.mark.parametrize("change", [{}, *BROKEN], ids=str)
def test_a_fact_keeps_to_its_contract_where_those_who_read_its_json_take_it(change: dict[str, Any]) -> None:
    fact = replace(REPORTED, **change)

    assert keeps_to_contract(fact) is is_read_by_others(fact) is (not change)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.fact_id)
def test_the_examples_keep_to_their_contracts(fact: Fact) -> None:
    assert keeps_to_contract(fact)


def test_what_lies_inside_a_fact_is_held_against_the_contract_too() -> None:
    broken = replace(SCHEDULED.sessions[0], session="two/parts")

    assert not keeps_to_contract(replace(SCHEDULED, sessions=(broken, *SCHEDULED.sessions[1:])))
