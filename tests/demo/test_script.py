"""The script is the same for the same seed, and every act of it is something that a real sender could have said."""

import json
from collections import Counter
from itertools import islice, takewhile
from typing import Any
from uuid import uuid4

import pytest

from milepost.core.rules import RULES
from milepost.demo import lms, office, zoom
from milepost.demo.acts import Act
from milepost.demo.personas import PERSONAS, deal
from milepost.demo.script import BEGINS_AT, PROGRAM, Script
from milepost.demo.summary import why
from milepost.programs import load_program, shipped_program
from milepost.sources import moodle
from milepost.sources import zoom as zoom_source
from milepost.sources.office import read_items
from milepost.sources.translation import Receipt, Translation
from milepost.sources.xapi import finish, read_statements
from milepost_schemas.changes import GapChange, GapOpened, GapResolved, GapRetracted
from milepost_schemas.facts import ActivityReported
from milepost_schemas.instants import DAY, HOUR, to_text
from tests.demo.fold import Fold

ON_PAGES_ONLY = ("link_guest",)


def acts(days: int, seed: str = "test") -> list[Act]:
    return list(takewhile(lambda act: act.at < BEGINS_AT + days * DAY, Script(seed).acts()))


def of(sender: str) -> list[Act]:
    return [act for act in acts(50) if act.sender == sender and act.do not in ON_PAGES_ONLY]


def translated(act: Act) -> Translation:
    body = json.dumps([lms.statement(act.do, act.said)]).encode()
    [sound] = read_statements(body)
    name = str(sound.get("id", uuid4()))
    statement = finish(sound, id=name, stored_at=act.at, authority={"mbox": "mailto:lms@example.com"})
    return moodle.translate(statement, Receipt("default", "lms", act.at))


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    assert acts(30) == acts(30)
    assert acts(30) != acts(30, "other")


def test_acts_come_in_the_order_in_which_they_are_sent() -> None:
    sent = [act.at for act in acts(50)]

    assert sent == sorted(sent)


def test_nobody_says_what_has_not_happened_yet() -> None:
    assert [act for act in acts(50) if act.said.get("when", act.at) > act.at] == []


def test_the_first_three_cohorts_are_sixty_learners_and_new_ones_begin_without_end() -> None:
    cohorts = [act.said["cohort"] for act in acts(12) if act.do == "enroll"]
    later = [act.said["cohort"] for act in acts(90) if act.do == "enroll"]

    assert (len(cohorts), len(set(cohorts))) == (60, 3)
    assert len(set(later)) > 15


def test_everybody_has_a_name_and_an_address_of_their_own() -> None:
    enrolled = [act.said for act in acts(150) if act.do == "enroll"]

    assert len({said["name"] for said in enrolled}) == len({said["mail"] for said in enrolled}) == len(enrolled)
    assert all(said["mail"].endswith("@example.com") and said["mail"].isascii() for said in enrolled)


def test_a_deck_deals_every_persona() -> None:
    deck = sum(persona.cards for persona in PERSONAS)

    assert set(islice(deal("test"), deck)) == set(PERSONAS)


def test_the_lms_is_silent_during_an_outage_and_says_everything_afterwards() -> None:
    begins, lasts = BEGINS_AT + 3 * DAY + 20 * HOUR, 6 * HOUR
    said = [act for act in of("lms") if begins <= act.at < begins + lasts]
    later = [act for act in of("lms") if act.at == begins + lasts]

    assert not said
    assert [act for act in later if begins <= act.said["when"] < begins + lasts]


def test_every_statement_of_the_lms_is_sound_and_read_as_what_it_means() -> None:
    activities = {
        step["evidence"]["activity"] for step in load_program(shipped_program(PROGRAM))["steps"] if "evidence" in step
    }
    known = {activity.replace("{n}", str(n)) for activity in activities for n in (1, 2, 3)}
    reported: dict[str, set[Any]] = {}
    for act in of("lms"):
        facts = [said.fact for said in translated(act).said]
        assert all(isinstance(fact, ActivityReported) for fact in facts)
        assert bool(facts) == (act.do != "void"), act
        reported.setdefault(act.do, set()).update(fact.activity for fact in facts)

    unknown = reported.pop("view_course")
    assert set().union(*reported.values()) == known
    assert not unknown & known


@pytest.mark.parametrize("do", ["quiz", "posttest"])
def test_a_quiz_is_passed_from_eighty_percent(do: str) -> None:
    attempts = [act for act in of("lms") if act.do == do]

    for act in attempts:
        [said] = translated(act).said
        assert ("passed" in said.fact.claims) == (act.said["score"] >= 0.8)


def test_every_webhook_is_read_and_a_host_is_nobody() -> None:
    for act in of("zoom"):
        translation = zoom_source.translate(zoom.webhook(act.do, act.said), Receipt("default", "zoom", act.at))
        hosts = bool(act.said["who"] and act.said["who"].get("host"))
        assert bool(translation.said or translation.facts) != hosts


def test_every_fact_of_the_office_is_sound_and_says_one_thing_under_one_id() -> None:
    posted = [office.fact(act.do, act.said) for act in of("office")]

    assert all(len(read_items([fact])) == 1 for fact in posted)
    assert len({fact["id"] for fact in posted}) == len(posted)


@pytest.fixture(scope="module")
def fold() -> Fold:
    told = Fold()
    told.tell(Script(), days=60)
    return told


@pytest.mark.slow
def test_sixty_days_open_gaps_of_every_type_and_every_retraction_is_explained(fold: Fold) -> None:
    told = [change for change in fold.keep.changes if isinstance(change, GapChange)]
    opened = {change.gap for change in told if isinstance(change, GapOpened)}
    retracted = [change for change in told if isinstance(change, GapRetracted)]
    unexplained = [
        (to_text(change.at), change.gap, subject)
        for change in retracted
        if why(change.at, change.gap, subject := fold.subject_of(change.gap_id), fold.explanations) is None
    ]

    assert opened == set(RULES)
    assert retracted
    assert not unexplained


@pytest.mark.slow
def test_hardly_any_minute_of_watching_goes_by_without_a_gap_that_opens_and_one_that_closes(fold: Fold) -> None:
    minutes = range(21 * 4, 60 * 4)  # six hours of demo time each
    opened, closed = (
        Counter((change.at - BEGINS_AT) // (6 * HOUR) for change in fold.keep.changes if isinstance(change, kind))
        for kind in (GapOpened, GapResolved)
    )

    assert sum(1 for minute in minutes if not opened[minute]) < 0.08 * len(minutes)
    assert sum(1 for minute in minutes if not closed[minute]) < 0.08 * len(minutes)
