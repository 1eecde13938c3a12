"""What is generated: a schema for every name, one document for all topics, one page for all gaps; none of it stale."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from milepost.core.rules import RULES
from milepost.programs import shipped_program
from milepost.programs.document import read_document
from milepost_schemas.messages import DeadLetter, DeadLetterDecided, HoldStated
from milepost_schemas.program import GAP_TYPES, GAPS_NOT_YET, PATIENT_GAPS, STEPPED_GAPS
from milepost_schemas.topics import BROADCAST_TO, Topic
from scripts.generators import contracts, gap_catalogue
from scripts.generators.contracts import (
    ROOT,
    asyncapi,
    broadcast_types,
    key_form,
    message_types,
    wire_name,
    wire_types,
)
from tests.contracts.golden import KINDS

GENERATED = dict(contracts.files())


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_generated_file_is_what_would_be_generated_now(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name], "make generate writes it anew"


def test_no_schema_lies_there_that_is_no_longer_generated() -> None:
    lying = {path.relative_to(ROOT).as_posix() for path in (ROOT / "schemas" / "json").iterdir()}

    assert lying == {name for name in GENERATED if name.startswith("schemas/json/")}


def test_everything_is_written_below_the_folder_that_is_given(tmp_path: Path) -> None:
    contracts.main(tmp_path)
    gap_catalogue.main(tmp_path)

    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {*GENERATED, "docs/gaps.md"}


def test_names_on_the_wire_are_unique_and_of_one_form() -> None:
    names = [wire_name(kind) for kind in wire_types()]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"milepost\.[a-z]+\.[a-z]+(_[a-z]+)*\.v1", name) for name in names)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_schema_is_a_schema_and_asks_for_the_name(name: str) -> None:
    schema = json.loads(GENERATED[f"schemas/json/{name}.json"])

    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["type"]["const"] == name
    assert schema["required"][0] == "type"
    assert schema["description"]


def test_a_schema_refuses_what_is_not_so() -> None:
    validator = Draft202012Validator(json.loads(GENERATED["schemas/json/milepost.clock.ticked.v1.json"]))
    tick = {"type": "milepost.clock.ticked.v1", "tenant": "default", "at": "2026-09-14T11:00:00Z"}

    assert validator.is_valid(tick)
    assert not validator.is_valid({**tick, "tenant": "a/b"})
    assert not validator.is_valid({**tick, "at": 1789383600000})
    assert not validator.is_valid({"tenant": "default", "at": tick["at"]})


def test_the_shipped_program_is_what_the_schema_of_program_files_says() -> None:
    validator = Draft202012Validator(json.loads(GENERATED["schemas/json/program-file.json"]))
    program = read_document(shipped_program("lockout-tagout").read_text(encoding="utf-8")).value

    assert not list(validator.iter_errors(program))
    assert not validator.is_valid({**program, "versoin": 2})


def test_every_message_stands_on_the_one_topic_that_its_address_names() -> None:
    channels = yaml.safe_load(GENERATED["schemas/asyncapi.yaml"])["channels"]

    carried = [name for channel in channels.values() for name in channel["messages"]]

    assert set(channels) == {topic.value for topic in Topic}
    broadcast = {wire_name(kind): BROADCAST_TO[kind] for kind in broadcast_types()}
    assert sorted(name for name in carried if name not in broadcast) == sorted(
        wire_name(kind) for kind in message_types()
    )
    for name, topics in broadcast.items():
        assert {topic for topic in Topic if name in channels[topic.value]["messages"]} == set(topics)


def test_the_tenant_comes_first_in_every_key() -> None:
    forms = {kind: key_form(kind) for kind in message_types()}
    assert forms.pop(DeadLetter) == "{topic}/0"  # of what cannot be read nobody knows whose it is
    assert forms.pop(DeadLetterDecided) == "dead-letters/0"
    assert forms.pop(HoldStated) == "hold/records"  # of all tenants

    assert all(re.match(r"\{((fact|change)\.)?tenant\}/", form) for form in forms.values())
    assert "{tenant}/{source}/{meeting}" in forms.values()


def test_references_of_the_asyncapi_document_lead_somewhere() -> None:
    for name, message in asyncapi()["components"]["messages"].items():
        assert (ROOT / "schemas" / message["payload"]["$ref"]).is_file()
        assert message["payload"]["$ref"] == f"json/{name}.json"


def test_the_gap_catalogue_is_what_the_rules_say_now() -> None:
    assert (ROOT / "docs" / "gaps.md").read_text(encoding="utf-8") == gap_catalogue.page(), "make generate"


def test_the_gap_catalogue_names_every_gap_type_once() -> None:
    named = re.findall(r"^`([a-z_]+)`\. [A-Z]", gap_catalogue.page(), re.MULTILINE)

    assert named == list(RULES)
    assert set(named) == set(GAP_TYPES)


def test_a_gap_type_is_found_or_not_yet_and_never_both() -> None:
    assert not set(GAP_TYPES) & GAPS_NOT_YET
    assert set(GAP_TYPES) >= PATIENT_GAPS | STEPPED_GAPS


def test_every_rule_with_a_patience_lets_a_program_set_it() -> None:
    assert {gap for gap, rule in RULES.items() if hasattr(rule, "PATIENCE")} <= PATIENT_GAPS
    assert {gap for gap, rule in RULES.items() if hasattr(rule, "SPEAKS")} == STEPPED_GAPS
