"""Writes the contracts for readers of other languages: a JSON Schema per name on the wire, and the AsyncAPI document.

`python -m scripts.generators.contracts DIR` writes below DIR; `make generate` runs it on the repository.
"""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from milepost_schemas import facts
from milepost_schemas.changes import AnyChange
from milepost_schemas.program import ProgramFile
from milepost_schemas.streams import STREAMS
from milepost_schemas.topics import BROADCAST_TO, WIRE, Broadcast, Message, Topic, address

ROOT = Path(__file__).parents[2]
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


class Plain(GenerateJsonSchema):
    """Without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def message_types() -> tuple[type[Any], ...]:
    """Return everything that has a topic and a key."""
    return cast("tuple[type[Any], ...]", get_args(Message))


def broadcast_types() -> tuple[type[Any], ...]:
    """Return everything that goes to every partition of a topic, and has no key."""
    return cast("tuple[type[Any], ...]", get_args(Broadcast))


def fact_types() -> tuple[type[Any], ...]:
    """Return the facts about a person, which travel inside a message that says about whom."""
    person = (facts.LearnerFact, facts.SeatFact, facts.PresenceFact)
    return tuple(kind for union in person for kind in get_args(union))


def change_types() -> tuple[type[Any], ...]:
    """Return the changes, which travel inside a projection."""
    return cast("tuple[type[Any], ...]", get_args(get_args(AnyChange)[0]))


def wire_types() -> tuple[type[Any], ...]:
    """Return everything that has a name on the wire."""
    return (*message_types(), *broadcast_types(), *fact_types(), *change_types())


def wire_name(kind: type[Any]) -> str:
    """Return the name by which a type is told apart on the wire."""
    return str(next(field.default for field in fields(kind) if field.name == "type"))


def key_form(kind: type[Any]) -> str:
    """Return what the key of a message is made of, e.g. `{tenant}/{learner}`, as `address` has it."""
    return address(_form(kind, "")).key


def schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of one name on the wire, complete in itself."""
    listed: Any = list[kind]  # type: ignore[valid-type]  # pydantic takes a config for what is no dataclass itself
    parts = TypeAdapter(listed, config=WIRE).json_schema(schema_generator=Plain)["$defs"]
    for part in parts.values():
        if "const" in part["properties"].get("type", {}):
            part["required"] = ["type", *part.get("required", ())]
    named = {
        "$schema": JSON_SCHEMA,
        "$id": wire_name(kind).replace("milepost.", "urn:milepost:", 1),
        **parts.pop(kind.__name__),
    }
    return {**named, "$defs": parts} if parts else named


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document: topics, and which messages under which keys they carry."""
    by_topic = {topic: [kind for kind in message_types() if address(_form(kind, "")).topic is topic] for topic in Topic}
    channels = {topic.value: _channel(topic, kinds) for topic, kinds in by_topic.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Milepost",
            "version": "1.0.0",
            "description": (
                "The streams between the parts of Milepost. A key begins with the tenant; messages of one key stand in"
                " one order. Whoever reads ignores fields that it does not know."
            ),
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            f"read_{name}": {"action": "receive", "channel": {"$ref": f"#/channels/{name}"}} for name in channels
        },
        "components": {
            "messages": {wire_name(kind): _message(kind) for kind in (*message_types(), *broadcast_types())}
        },
    }


def files() -> Iterator[tuple[str, str]]:
    """Yield path and text of every generated file."""
    for kind in wire_types():
        yield f"schemas/json/{wire_name(kind)}.json", _json(schema(kind))
    program = {"$schema": JSON_SCHEMA, "$id": "urn:milepost:program-file", **_program_schema()}
    yield "schemas/json/program-file.json", _json(program)
    yield "schemas/asyncapi.yaml", _yaml(asyncapi())
    yield "schemas/examples/golden.sha256", golden()


def golden() -> str:
    """Return the digests of the examples: those that stand stay as they are, new files get a line."""
    folder = ROOT / "schemas" / "examples"
    written = folder / "golden.sha256"
    lines = written.read_text().splitlines() if written.exists() else []
    known = {line.split("  ", 1)[1] for line in lines}
    for path in sorted(folder.glob("*/*.json")):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}")
    return "\n".join(sorted(lines, key=lambda line: line.split("  ", 1)[1])) + "\n"


def main(folder: Path) -> None:
    """Write every file below a folder."""
    for name, text in files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _program_schema() -> dict[str, Any]:
    return ProgramFile.model_json_schema(schema_generator=Plain)


def _channel(topic: Topic, kinds: list[type[Any]]) -> dict[str, Any]:
    carried = [wire_name(kind) for kind in kinds]
    carried += [wire_name(kind) for kind in broadcast_types() if topic in BROADCAST_TO[kind]]
    return {
        "address": topic.value,
        "description": STREAMS[topic].purpose,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in carried},
    }


def _message(kind: type[Any]) -> dict[str, Any]:
    described = inspect.getdoc(kind) or ""
    described_message: dict[str, Any] = {
        "name": wire_name(kind),
        "title": kind.__name__,
        "summary": described.splitlines()[0],
        "payload": {"$ref": f"json/{wire_name(kind)}.json"},
    }
    if kind in broadcast_types():
        described_message["description"] = "Appended to every partition of a topic; it has no key."
    else:
        key = {"type": "string", "description": key_form(kind)}
        described_message["bindings"] = {"kafka": {"key": key, "bindingVersion": "0.5.0"}}
    return described_message


def _form(hint: Any, path: str) -> Any:
    """Return a value of a type in which every text is the path that leads to it."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        inside = f"{path}." if path else ""
        wanted = {field.name for field in fields(hint)} - {"type"}
        return cast("type[Any]", hint)(
            **{name: _form(hints[name], f"{inside}{name}") for name in hints if name in wanted}
        )
    if get_origin(hint) in (Union, UnionType):
        return _form(get_args(hint)[0], path)
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if hint is str:
        return f"{{{path}}}"
    return (get_origin(hint) or hint)()


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _yaml(document: Any) -> str:
    return "# Generated by `make generate` from schemas/milepost_schemas.\n" + yaml.safe_dump(
        document, sort_keys=False, width=120, allow_unicode=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
