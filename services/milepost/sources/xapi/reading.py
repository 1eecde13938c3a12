"""From the body of a request to its statements: decoded, each sound, no id twice; or the first reason why not."""

from milepost.sources.xapi.decoding import decode
from milepost.sources.xapi.refusal import StatementRefused
from milepost.sources.xapi.statement import Statement, validate


def read_statements(body: bytes) -> list[Statement]:
    """Return the one statement or the batch that a body holds; raise `StatementRefused` if anything in it is wrong.

    One bad statement refuses its whole batch (Comm 2.1.2), and so does an id that comes twice in it.
    """
    received = decode(body)
    if not isinstance(received, list):
        validate(received)
        return [received]
    for index, statement in enumerate(received):
        validate(statement, within=f"statements[{index}]")
    _refuse_an_id_twice(received)
    return received


def _refuse_an_id_twice(statements: list[Statement]) -> None:
    seen: dict[str, int] = {}
    for index, statement in enumerate(statements):
        id = str(statement.get("id", index)).lower()
        if id in seen:
            rule = f"an id must come only once in a batch, and statements[{seen[id]}] has it (Comm 2.1.2)"
            raise StatementRefused(rule, statement["id"], path=f"statements[{index}].id")
        seen[id] = index
