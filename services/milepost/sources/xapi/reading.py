"""From the body of a request to its statements: decoded, each sound, no id twice; or the first reason why not."""

from milepost.sources.xapi.decoding import decode
from milepost.sources.xapi.recognizing import recognize
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.statement import Statement, validate
from milepost.sources.xapi.versions import Version


def read_statements(body: bytes, version: Version = "1.0.3") -> list[Statement]:
    """Return the one statement or the batch of a version that a body holds; or raise `StatementRefused`.

    One bad statement refuses its whole batch (Comm 2.1.2), and so does an id that comes twice in it.
    """
    received = recognize(body, version)
    if received is None:
        received = _read_exactly(body, version)
    _refuse_an_id_twice(received)
    return received


def _read_exactly(body: bytes, version: Version) -> list[Statement]:
    received = decode(body)
    if not isinstance(received, list):
        validate(received, version=version)
        return [received]
    for index, statement in enumerate(received):
        validate(statement, within=f"statements[{index}]", version=version)
    return received


def _refuse_an_id_twice(statements: list[Statement]) -> None:
    seen: dict[str, int] = {}
    for index, statement in enumerate(statements):
        id = str(statement.get("id", index)).lower()
        if id in seen:
            rule = f"an id must come only once in a batch, and statements[{seen[id]}] has it (Comm 2.1.2)"
            raise StatementRefused(rule, statement["id"], path=f"statements[{index}].id")
        seen[id] = index
