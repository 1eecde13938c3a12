"""What the receiver sets before a statement is kept."""

import copy
from typing import Any

from milepost.sources.xapi import finish, validate
from tests.sources.xapi.examples import ANA, BEN, ID, LESSON, OTHER_ID, everything, statement, sub_statement

STORED_AT = 1_800_000_000_123
STORED = "2027-01-15T08:00:00.123Z"


def kept(came: dict[str, Any]) -> dict[str, Any]:
    return finish(came, id=OTHER_ID, stored_at=STORED_AT, authority=BEN)


def test_what_is_absent_is_set() -> None:
    assert kept(statement()) == statement(id=OTHER_ID, timestamp=STORED, version="1.0.0", stored=STORED, authority=BEN)


def test_what_the_sender_said_stays() -> None:
    came = statement(id=ID, timestamp="2027-01-01T00:00:00+01:00", version="1.0.2")

    assert kept(came) == {**came, "stored": STORED, "authority": BEN}


def test_stored_and_authority_are_never_the_senders() -> None:
    came = statement(stored="2020-01-01T00:00:00Z", authority=ANA)

    assert kept(came)["stored"] == STORED
    assert kept(came)["authority"] == BEN


def test_a_single_context_activity_becomes_an_array_also_inside() -> None:
    came = statement(
        context={"contextActivities": {"parent": LESSON, "other": [LESSON]}, "language": "en"},
        object=sub_statement(context={"contextActivities": {"category": LESSON}}),
    )

    assert kept(came)["context"] == {"contextActivities": {"parent": [LESSON], "other": [LESSON]}, "language": "en"}
    assert kept(came)["object"]["context"] == {"contextActivities": {"category": [LESSON]}}


def test_what_came_is_left_as_it_was() -> None:
    came = everything()
    before = copy.deepcopy(came)

    kept(came)

    assert came == before


def test_what_is_kept_is_a_sound_statement() -> None:
    for came in (statement(), everything(), statement(context={}), statement(object=sub_statement())):
        validate(kept(came))
