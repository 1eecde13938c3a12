from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources import statements, verbs
from milepost.sources.translation import Translation
from milepost_schemas.facts import ActivityReported, MeetingEnded, MeetingStarted, ParticipantJoined, ParticipantLeft
from milepost_schemas.instants import from_text
from tests.sources.builders import ADL, NOW, RECEIPT, STREAMS, TINCAN, scraps, statement

CMI5 = "https://w3id.org/xapi/adl/verbs/"
CLASSROOM = {"contextActivities": {"category": [{"id": "https://w3id.org/xapi/virtual-classroom"}]}}


def translated(verb: str = ADL + "completed", **more: Any) -> Translation:
    return statements.translate(statement(verb, **more), RECEIPT)


def reported(verb: str = ADL + "completed", **more: Any) -> ActivityReported:
    (said,) = translated(verb, **more).said
    assert isinstance(said.fact, ActivityReported)
    return said.fact


def reason(verb: str, **more: Any) -> str:
    found = translated(verb, **more)
    assert (found.said, found.facts) == ((), ())
    return found.unread[0].reason


@pytest.mark.parametrize(
    ("verb", "result", "claims"),
    [
        (ADL + "launched", {}, ("opened",)),
        (ADL + "experienced", {}, ("opened",)),
        (TINCAN + "viewed", {}, ("opened",)),
        (ADL + "initialized", {}, ("attempted",)),
        (ADL + "progressed", {}, ("attempted",)),
        (ADL + "attempted", {"completion": True}, ("attempted", "completed")),
        (ADL + "answered", {"success": True}, ("answered",)),
        (ADL + "completed", {}, ("completed",)),
        (ADL + "completed", {"success": True}, ("completed", "passed")),
        (ADL + "completed", {"success": False}, ("completed", "failed")),
        (ADL + "completed", {"completion": False}, ("attempted",)),
        (ADL + "passed", {"completion": True}, ("passed", "completed")),
        (ADL + "failed", {}, ("failed",)),
        (ADL + "mastered", {}, ("passed",)),
        (CMI5 + "waived", {}, ("completed", "passed")),
        (CMI5 + "satisfied", {}, ("completed",)),
        (CMI5 + "abandoned", {}, ("attempted",)),
        (STREAMS + "acknowledge", {}, ("attested",)),
        ("https://w3id.org/xapi/tla/verbs/scored", {"success": True}, ("attempted", "passed")),
        (ADL + "terminated", {}, ("attempted",)),
        (ADL + "suspended", {"completion": True, "success": True}, ("attempted", "completed", "passed")),
    ],
)
def test_a_verb_and_its_result_claim_together(verb: str, result: dict[str, Any], claims: tuple[str, ...]) -> None:
    assert reported(verb, result=result).claims == claims


@pytest.mark.parametrize(("verb", "success"), [(ADL + "passed", False), (ADL + "failed", True)])
def test_of_a_verb_and_a_result_that_contradict_each_other_neither_is_believed(verb: str, success: bool) -> None:
    assert reason(verb, result={"success": success}) == "contradiction"


def test_only_the_end_of_a_sitting_is_provisional() -> None:
    assert reported(ADL + "terminated", result={"completion": True}).provisional
    assert reported(ADL + "suspended").provisional
    assert not reported(ADL + "completed").provisional


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ({"scaled": 0.85}, 0.85),
        ({"scaled": -0.5}, -0.5),
        ({"scaled": 1, "raw": 3, "max": 10}, 1.0),
        ({"raw": 8, "max": 10}, 0.8),
        ({"raw": 8}, None),
        ({"raw": 8, "max": 0}, None),
        ({"raw": 12, "max": 10}, None),
        ({"scaled": 1.5}, None),
        ({"scaled": True}, None),
        ({"scaled": "0.9"}, None),
        ({"scaled": 10**400}, None),
        (7, None),
    ],
)
def test_a_score_is_scaled_or_a_part_of_the_highest(score: Any, expected: float | None) -> None:
    assert reported(result={"score": score}).score == expected


@pytest.mark.parametrize(
    ("percent", "progress"), [(80, 0.8), (0, 0.0), (100, 1.0), (101, None), (-1, None), ("80", None)]
)
def test_progress_is_a_percentage(percent: Any, progress: float | None) -> None:
    fact = reported(ADL + "progressed", result={"extensions": {statements.PROGRESS: percent}})

    assert fact.progress == progress


def test_a_fact_says_what_when_and_whose_and_nothing_of_who() -> None:
    (said,) = translated(context={"registration": "6e1a6a5c-0000-5000-8000-000000000001"}).said

    assert said.fact == ActivityReported(
        tenant="default",
        fact_id=said.fact.fact_id,
        source="lms",
        occurred_at=from_text("2026-09-07T09:00:00Z"),
        recorded_at=from_text("2026-09-07T09:00:00Z"),
        received_at=NOW,
        activity="https://content.example.net/lockout/1",
        claims=("completed",),
    )
    assert (said.person.name, said.person.mail) == ("Ana Alvarez", "ana@example.net")


def test_a_statement_without_a_time_or_from_the_future_happened_when_it_came() -> None:
    assert reported(timestamp="2027-01-01T00:00:00Z").occurred_at == NOW


def test_the_same_statement_gives_the_same_fact_id_and_another_source_another() -> None:
    elsewhere = statements.translate(statement(), RECEIPT.__class__("default", "other", NOW)).said[0].fact

    assert reported().fact_id == reported().fact_id
    assert reported().fact_id != elsewhere.fact_id


def test_a_group_stands_for_its_members_each_once() -> None:
    ana, ben = {"mbox": "mailto:ana@example.net"}, {"mbox": "mailto:ben@example.net", "name": "Ben"}
    found = translated(actor={"objectType": "Group", "member": [ana, ben, {"mbox": "mailto:ana@EXAMPLE.net"}]})

    assert [said.person.mail for said in found.said] == ["ana@example.net", "ben@example.net"]
    assert len({said.fact.fact_id for said in found.said}) == 2


@pytest.mark.parametrize(
    "actor",
    [
        {"objectType": "Group", "mbox": "mailto:all@example.net"},
        {"account": {"homePage": "https://x.example", "name": "<unknown>"}},
        {"mbox": "mailto:unknown@example.com"},
    ],
)
def test_a_placeholder_or_a_group_without_members_is_nobody(actor: dict[str, Any]) -> None:
    assert reason(ADL + "completed", actor=actor) == "nobody"


def test_what_is_not_about_an_activity_gives_no_fact() -> None:
    ref = {"objectType": "StatementRef", "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c02"}

    assert reason(ADL + "completed", object=ref) == "not_an_activity"
    assert (
        reason(ADL + "completed", object={"objectType": "Agent", "mbox": "mailto:b@example.net"}) == "not_an_activity"
    )


def test_a_void_is_the_business_of_the_statement_store() -> None:
    void = translated(
        ADL + "voided", object={"objectType": "StatementRef", "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c02"}
    )

    assert void == Translation()


def test_an_unknown_verb_is_unread_and_says_so_in_a_sentence() -> None:
    (unread,) = translated("https://verbs.example.net/juggled").unread

    assert str(unread).startswith("https://verbs.example.net/juggled: the verb says nothing")


def test_an_activity_that_no_contract_could_carry_is_unread() -> None:
    assert reason(ADL + "completed", object={"id": "https://x.example/" + "a" * 3000}) == "out_of_bounds"


# --- presence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", sorted(verbs.JOINED | verbs.LEFT))
def test_joining_counts_only_where_the_meeting_itself_speaks(verb: str) -> None:
    assert reason(verb) == "click"


@pytest.mark.parametrize("verb", sorted(verbs.ATTENDED))
@pytest.mark.parametrize("context", [{}, CLASSROOM])
def test_attended_is_never_read_without_knowing_the_sender(verb: str, context: dict[str, Any]) -> None:
    assert reason(verb, context=context) == "attendance_without_session"


def test_in_the_words_of_the_virtual_classroom_profile_presence_is_presence() -> None:
    room = {**CLASSROOM, "extensions": {statements.SESSION_ID: "opening-1"}}

    joined = translated("http://activitystrea.ms/join", context=room).said[0].fact
    left = translated("http://activitystrea.ms/leave", context=room).said[0].fact
    (started,) = translated(ADL + "initialized", context=room).facts
    (ended,) = translated(ADL + "terminated", context=room).facts

    assert isinstance(joined, ParticipantJoined)
    assert isinstance(left, ParticipantLeft)
    assert isinstance(started, MeetingStarted)
    assert isinstance(ended, MeetingEnded)
    assert (joined.meeting, joined.opening) == ("https://content.example.net/lockout/1", "opening-1")


def test_a_room_that_was_muted_gives_no_fact() -> None:
    assert reason("http://activitystrea.ms/mute", context=CLASSROOM) == "unknown_verb"


@pytest.mark.parametrize("name", ["Ana Alvarez", "ana"])
def test_a_display_name_in_an_account_is_a_guest_of_one_opening(name: str) -> None:
    actor = {"name": "ana", "account": {"homePage": "https://bbb.example.net", "name": name}}
    one = {**CLASSROOM, "extensions": {statements.SESSION_ID: "opening-1"}}
    other = {**CLASSROOM, "extensions": {statements.SESSION_ID: "opening-2"}}

    first = translated("http://activitystrea.ms/join", context=one, actor=actor).said[0].person
    second = translated("http://activitystrea.ms/join", context=other, actor=actor).said[0].person

    assert first.identifier != second.identifier
    assert first.name == name


def test_nobody_in_a_virtual_classroom_is_nobody() -> None:
    actor = {"account": {"homePage": "https://bbb.example.net", "name": "<unknown>"}}

    assert reason("http://activitystrea.ms/join", context=CLASSROOM, actor=actor) == "nobody"


# --- laws ------------------------------------------------------------------------------------------------------------

outlines = st.fixed_dictionaries(
    {},
    optional={
        "id": scraps,
        "actor": scraps | st.fixed_dictionaries({"objectType": st.just("Group"), "member": scraps}),
        "verb": scraps
        | st.fixed_dictionaries({"id": st.sampled_from(sorted(verbs.CLAIMS) + sorted(verbs.JOINED)) | scraps}),
        "object": scraps | st.fixed_dictionaries({"id": st.just("https://a.example/1") | scraps}),
        "result": scraps | st.fixed_dictionaries({"score": scraps, "success": scraps, "completion": scraps}),
        "context": scraps | st.just(CLASSROOM) | st.fixed_dictionaries({"contextActivities": scraps}),
        "timestamp": scraps,
    },
)


@given(outlines)
def test_no_statement_whatever_makes_the_adapter_fail(outline: dict[str, Any]) -> None:
    found = statements.translate(outline, RECEIPT)

    assert all(said.fact.occurred_at <= NOW for said in found.said)
