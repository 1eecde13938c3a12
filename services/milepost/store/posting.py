"""What an office tells, as it is accepted: every fact is kept once, by its own id or by what it says."""

from collections.abc import Sequence

from milepost.sources.office import AnyItem, Posted
from milepost.store.envelopes import Envelopes
from milepost_schemas.submissions import NewStatement

FACT = "fact:"


def new_statements(
    envelopes: Envelopes, posted: Sequence[Posted], items: Sequence[AnyItem], received_at: int
) -> tuple[NewStatement, ...]:
    """Return each fact as what is kept once: the same again is nothing new, and another meaning a conflict."""
    new = {each.fact_id: _new(envelopes, each, item, received_at) for each, item in zip(posted, items, strict=True)}
    return tuple(new.values())


def index_of(statement_id: str, posted: Sequence[Posted]) -> int:
    """Return which of these facts is kept under an id."""
    return [FACT + each.fact_id for each in posted].index(statement_id)


def _new(envelopes: Envelopes, posted: Posted, item: AnyItem, received_at: int) -> NewStatement:
    at = min(item.occurred_at or received_at, received_at)
    return NewStatement(
        statement_id=FACT + posted.fact_id,
        verb=item.wire_name,
        occurred_at=at,
        recorded_at=min(item.recorded_at or at, received_at),
        came={"says": posted.fingerprint},
        body={"says": posted.fingerprint},
        messages=tuple(envelopes.messages_of(posted.translation)),
    )
