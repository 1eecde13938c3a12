"""The golden examples, and what is known of every name on the wire."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from milepost_schemas.topics import WIRE, Message, decode, encode
from scripts.generators.contracts import ROOT, broadcast_types, message_types, wire_name, wire_types

EXAMPLES = ROOT / "schemas" / "examples"
PATHS = sorted(EXAMPLES.glob("*/*.json"))
KINDS = {wire_name(kind): kind for kind in wire_types()}
MESSAGES = {wire_name(kind) for kind in (*message_types(), *broadcast_types())}


def title(path: Path) -> str:
    """Return what a test calls an example."""
    return f"{path.parent.name}/{path.stem}"


def document(path: Path) -> Any:
    """Return an example as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def example(name: str, stem: str) -> Any:
    """Return one example by its name on the wire and its own."""
    return document(EXAMPLES / name / f"{stem}.json")


def read(body: Any) -> Any:
    """Return what a document means; one that travels alone goes through `decode`, a fact or change as its part."""
    if body["type"] in MESSAGES:
        return decode(json.dumps(body).encode())
    return _alone(body["type"]).validate_json(json.dumps([body]))[0]


def write(message: Any) -> Any:
    """Return the document of a message, fact or change."""
    if message.type in MESSAGES:
        return json.loads(encode(message))
    return json.loads(_alone(message.type).dump_json([message]))[0]


def messages() -> list[Message]:
    """Return every example that has a key."""
    keyed = {wire_name(kind) for kind in message_types()}
    return [read(document(path)) for path in PATHS if path.parent.name in keyed]


def _alone(name: str) -> TypeAdapter[Any]:
    kind: Any = KINDS[name]
    listed: Any = list[kind]  # pydantic takes a config for what is no dataclass itself
    return TypeAdapter(listed, config=WIRE)
