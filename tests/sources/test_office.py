from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.office import ITEMS, FactsRefused, Posted, Problem, read_items, translate
from milepost.sources.translation import Receipt
from milepost_schemas import facts
from milepost_schemas.instants import from_text
from tests.sources.builders import NOW, scraps

RECEIPT = Receipt("default", "office", NOW)
ANA = {"mail": "ana@example.net", "name": "Ana Alvarez"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "learner_enrolled": {"person": ANA, "program": "lockout", "cohort": "2026-09", "zone": "Europe/Berlin"},
    "learner_withdrawn": {"person": ANA, "program": "lockout", "reason": "left us"},
    "person_described": {"person": ANA},
    "seat_changed": {"person": ANA, "offering": "L-17", "state": "booked"},
    "seat_excused": {"person": ANA, "offering": "L-17", "reason": "ill"},
    "attendance_marked": {"person": ANA, "offering": "L-17", "session": "1", "mark": "present", "by": "sheet"},
    "sheet_submitted": {
        "offering": "L-17",
        "session": "1",
        "channel": "room",
        "present": [ANA],
        "partial": [{"id": "4712"}],
        "absent": [{"account": {"home_page": "https://lms.example.net", "name": "43"}}],
    },
    "roster_closed": {"offering": "L-17", "session": "1"},
    "offering_scheduled": {
        "offering": "L-17",
        "course": "LOTO",
        "sequence": 2,
        "title": "Practice",
        "capacity": 12,
        "sessions": [
            {
                "session": "1",
                "start_at": "2026-09-10T10:00:00+02:00",
                "end_at": "2026-09-10T12:00:00+02:00",
                "zone": "Europe/Berlin",
                "channels": [
                    {"name": "room", "source": "sheet"},
                    {"name": "remote", "source": "zoom-emea", "meeting": "812 3456 7890"},
                ],
            }
        ],
    },
    "step_waived": {"person": ANA, "program": "lockout", "step": "theory"},
    "observation_signed_off": {"person": ANA, "program": "lockout", "step": "on-the-job", "role": "assessor"},
    "import_began": {},
    "import_finished": {},
}


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **EXAMPLES[kind], **more}


def posted(kind: str, receipt: Receipt = RECEIPT, **more: Any) -> Posted:
    (read,) = read_items(item(kind, **more))
    return translate(read, receipt)


def only(found: Posted) -> Any:
    facts_found: list[Any] = [*(said.fact for said in found.translation.said), *found.translation.facts]
    assert len(facts_found) == 1
    return facts_found[0]


def problems(content: Any) -> list[Problem]:
    with pytest.raises(FactsRefused) as refused:
        read_items(content)
    return refused.value.problems


def test_there_is_an_example_of_every_type() -> None:
    assert EXAMPLES.keys() == ITEMS.keys()


@pytest.mark.parametrize("kind", [kind for kind in ITEMS if kind not in ("person_described", "sheet_submitted")])
def test_each_type_gives_the_fact_of_its_name(kind: str) -> None:
    fact = only(posted(kind))

    assert fact.type == ITEMS[kind].wire_name
    assert (fact.tenant, fact.source, fact.received_at) == ("default", "office", NOW)


@pytest.mark.parametrize("kind", ITEMS)
def test_the_name_on_the_wire_is_understood_and_is_the_same_fact(kind: str) -> None:
    (read,) = read_items({**EXAMPLES[kind], "type": ITEMS[kind].wire_name})

    assert translate(read, RECEIPT).fact_id == posted(kind).fact_id


def test_a_fact_happened_when_it_says_else_when_it_was_received_and_never_later() -> None:
    then = "2026-09-04T12:00:00Z"

    assert only(posted("learner_enrolled")).occurred_at == NOW
    assert only(posted("learner_enrolled", occurred_at=then)).occurred_at == from_text(then)
    assert only(posted("learner_enrolled", occurred_at=then)).recorded_at == from_text(then)
    assert only(
        posted("learner_enrolled", occurred_at=then, recorded_at="2026-09-05T12:00:00Z")
    ).recorded_at > from_text(then)
    assert only(posted("learner_enrolled", occurred_at="2027-01-01T00:00:00Z")).occurred_at == NOW


def test_a_fact_names_nobody_and_the_person_stands_beside_it() -> None:
    (said,) = posted("learner_enrolled").translation.said

    assert (said.person.name, said.person.mail) == ("Ana Alvarez", "ana@example.net")
    assert "ana" not in repr(said.fact).lower()


def test_a_person_is_a_mail_address_an_account_or_a_number_of_the_source() -> None:
    by_mail = posted("learner_enrolled", person={"mail": "ana@EXAMPLE.net"}).translation.said[0].person
    by_account = posted("learner_enrolled", person={"account": {"home_page": "https://lms.example.net/", "name": "41"}})
    by_number = posted("learner_enrolled", person={"id": "4711"})
    elsewhere = posted("learner_enrolled", Receipt("default", "hr", NOW), person={"id": "4711"})

    assert by_mail.identifier == posted("learner_enrolled").translation.said[0].person.identifier
    assert by_account.translation.said[0].person.identifier == "account:lms.example.net|41"
    assert by_number.translation.said[0].person.identifier == "number:office|4711"
    assert elsewhere.translation.said[0].person.identifier == "number:hr|4711"


def test_an_id_names_the_fact_and_the_fingerprint_what_it_says() -> None:
    one, other = posted("seat_changed", id="s-1"), posted("seat_changed", id="s-1", state="canceled")

    assert one.fact_id == other.fact_id
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint == posted("seat_changed", id="s-2").fingerprint


def test_without_an_id_a_fact_that_names_its_moment_is_the_same_whenever_it_comes() -> None:
    later = Receipt("default", "office", NOW + 1)

    assert posted("seat_changed").fact_id != posted("seat_changed", later).fact_id
    at = "2026-09-04T12:00:00Z"
    assert posted("seat_changed", occurred_at=at).fact_id == posted("seat_changed", later, occurred_at=at).fact_id


def test_a_sheet_marks_everybody_on_it_and_closes_its_channel() -> None:
    sheet = posted("sheet_submitted").translation

    assert [said.fact.mark for said in sheet.said] == ["present", "partial", "absent"]
    assert {(said.fact.rank, said.fact.channel) for said in sheet.said} == {(20, "room")}
    assert len({said.fact.fact_id for said in sheet.said}) == 3
    assert isinstance(sheet.facts[0], facts.SheetSubmitted)


def test_a_sheet_outranks_a_system() -> None:
    assert only(posted("attendance_marked")).rank == 20
    assert only(posted("attendance_marked", by="system")).rank == 10


def test_a_meeting_number_may_be_written_as_people_write_it() -> None:
    def meeting(found: Any) -> Any:
        session = {
            **EXAMPLES["offering_scheduled"]["sessions"][0],
            "channels": [{"name": "remote", "source": "zoom", "meeting": found}],
        }
        return only(posted("offering_scheduled", sessions=[session])).sessions[0].channels[0].meeting

    assert meeting("812 3456 7890") == meeting(81234567890) == "81234567890"
    assert meeting("room a") == "room a"


def test_a_schedule_comes_whole() -> None:
    schedule = only(posted("offering_scheduled"))

    assert (schedule.course, schedule.sequence, schedule.capacity) == ("LOTO", 2, 12)
    assert schedule.sessions[0].start_at == from_text("2026-09-10T08:00:00Z")
    assert schedule.sessions[0].channels[1] == facts.Channel(name="remote", source="zoom-emea", meeting="81234567890")


def test_described_people_come_with_their_other_identifiers() -> None:
    ((person, others),) = posted("person_described", person={**ANA, "identities": [{"id": "4711"}]}).described

    assert person.name == "Ana Alvarez"
    assert [other.identifier for other in others] == ["number:office|4711"]


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "path", "message"),
    [
        (7, "", "must be an object with a type"),
        ({}, "type", "must be one of the possible values"),
        ({"type": "learner_enroled"}, "type", "did you mean learner_enrolled?"),
        ({"type": ["x"]}, "type", "must be one of"),
        (item("learner_enrolled", programme="x"), "programme", "did you mean program?"),
        (item("learner_enrolled", zzz="x"), "zzz", "is no key that is known here"),
        (item("learner_enrolled", program="a/b"), "program", "without a slash"),
        (item("learner_enrolled", program=""), "program", "at least 1 character"),
        (item("learner_enrolled", program=3), "program", "must be a valid string"),
        (item("learner_enrolled", zone="Europe/Berlim"), "zone", "IANA"),
        (item("learner_enrolled", zone="../etc/passwd"), "zone", "IANA"),
        (item("learner_enrolled", occurred_at=1788774000000), "occurred_at", "RFC 3339"),
        (item("learner_enrolled", occurred_at="2026-09-04"), "occurred_at", "is no RFC 3339 instant"),
        (item("learner_enrolled", person="Ana"), "person", "must be an object"),
        (item("learner_enrolled", person={}), "person", "exactly one of mail, account and id"),
        (item("learner_enrolled", person={**ANA, "id": "1"}), "person", "exactly one of"),
        (item("learner_enrolled", person={"mail": "Ana"}), "person", "address of one person"),
        (item("learner_enrolled", person={"account": {"home_page": "x", "name": "unknown"}}), "person", "placeholder"),
        (item("learner_enrolled", person={**ANA, "identities": {}}), "person.identities", "must be an array"),
        (
            item("learner_enrolled", person={**ANA, "identities": [{"phone": "1"}]}),
            "person.identities[0].phone",
            "no key",
        ),
        (item("seat_changed", state="bookd"), "state", "did you mean booked?"),
        (item("seat_changed", state=None), "state", "must be one of"),
        (item("observation_signed_off", occurrence=0), "occurrence", "greater than or equal to 1"),
        (item("observation_signed_off", occurrence="1"), "occurrence", "must be a valid integer"),
        (item("roster_closed", closed="yes"), "closed", "must be a valid boolean"),
        (item("offering_scheduled", sessions=[]), "sessions", "at least 1 item"),
        (item("attendance_marked", **{"päth": 1}), r"p\u00e4th", "no key"),
    ],
    ids=str,
)
def test_a_problem_names_the_path_and_what_is_possible(content: Any, path: str, message: str) -> None:
    found = problems(content)

    assert [problem.index for problem in found] == [0] * len(found)
    assert path in [problem.path for problem in found]
    assert message in next(problem.message for problem in found if problem.path == path)


def test_a_session_ends_after_its_start_and_has_a_name_of_its_own() -> None:
    session = EXAMPLES["offering_scheduled"]["sessions"][0]
    backwards = {**session, "end_at": session["start_at"]}
    strange = {**session, "channels": [{"name": "remote", "source": "zoom", "meetings": "1"}]}

    assert (
        problems(item("offering_scheduled", sessions=[session, session]))[0].message
        == "every session needs a name of its own"
    )
    assert problems(item("offering_scheduled", sessions=[backwards]))[0].path == "sessions[0]"
    (problem,) = problems(item("offering_scheduled", sessions=[strange]))
    assert problem.path == "sessions[0].channels[0].meetings"
    assert problem.possible == ("name", "source", "meeting")
    assert "did you mean meeting?" in problem.message


def test_what_is_possible_is_listed() -> None:
    assert problems({"type": "x"})[0].possible == tuple(ITEMS)
    assert problems(item("seat_changed", state="x"))[0].possible == ("requested", "waitlisted", "booked", "canceled")
    missing = problems({"type": "roster_closed", "offering": "L"})[0]
    assert (missing.path, missing.message, missing.found) == ("session", "is needed and missing", "")


def test_all_problems_of_a_request_are_told_and_no_more_than_fifty() -> None:
    assert [problem.index for problem in problems([item("import_began"), {}, 7])] == [1, 2]
    assert len(problems([{}] * 200)) == 50


def test_an_id_may_come_once_in_a_request_and_a_thousand_facts_at_most() -> None:
    twice = problems([item("import_began", id="1"), item("import_finished"), item("import_finished", id="1")])

    assert [(problem.index, problem.path) for problem in twice] == [(2, "id")]
    assert "at most 1000" in problems([item("import_began")] * 1001)[0].message


# --- laws ------------------------------------------------------------------------------------------------------------

parts = st.sampled_from([*EXAMPLES.values()]).flatmap(
    lambda example: st.dictionaries(st.sampled_from([*example, "id", "occurred_at"]), scraps, max_size=3).map(
        lambda wrong: {**example, **wrong}
    )
)


@given(st.tuples(st.sampled_from([*ITEMS]), parts).map(lambda both: {"type": both[0], **both[1]}) | scraps)
def test_anything_is_either_read_or_refused(content: Any) -> None:
    with suppress(FactsRefused):
        for each in read_items(content):
            translate(each, RECEIPT)
