import json
from typing import get_args

import pytest

from milepost.broker.acceptance_writing import write
from milepost_schemas.submissions import LogMessage, RawMessage, Refusal, SamePerson, Submission
from milepost_schemas.topics import decode, encode
from tests.contracts.golden import messages
from tests.store.builders import NOON, about, person, statement, submission, void

RAW = RawMessage(route="/xapi/statements", body=bytes(range(256)))
ODD = {"number": 2**70, "half": 0.5, "none": None, "text": "\u2028 \x7f \U0001f600 </script>", "deep": [[{}], True]}

LOGGED = tuple(each for each in messages() if isinstance(each, get_args(LogMessage)))
"""Every kind of message that a request can bring to the log, as the examples of the contracts have them."""

MESSAGES = [
    submission(statement(None, about("ana"), result={"extensions": {"https://odd.example": ODD}}), void("1"), raw=RAW),
    submission(messages=(about("ben"),), people=(person(name="Ana \u00e9"),), note="read in part"),
    submission(same_people=(SamePerson(fact_id="f", actor="ana", other="ana-at-work"),)),
    submission(statement("2", *LOGGED), messages=LOGGED),
    *(each for each in messages() if isinstance(each, Submission)),
    Refusal(tenant="default", source="lms", received_at=NOON, raw=RAW, reason="no JSON"),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_what_travels_is_what_the_contract_writes(message: Submission | Refusal) -> None:
    written = write(message)

    assert json.loads(written) == json.loads(encode(message))
    assert decode(written) == message


def test_the_examples_have_every_kind_of_message_that_a_log_has() -> None:
    assert {type(each) for each in LOGGED} == set(get_args(LogMessage))
