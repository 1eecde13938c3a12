"""What comes next, for a page that has nothing to say now."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from milepost.store.tables import shown
from milepost_schemas.instants import Instant
from milepost_schemas.words import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The next moment at which steps fall due, and for how many learners."""

    at: Instant
    program: Name
    step: Name
    learners: int


def next_deadline(connection: Connection, tenant: str, now: int) -> Deadline | None:
    """Return the next due moment of any learner that is not satisfied yet, or None where nothing is due."""
    steps = shown.steps
    waiting = (steps.c.tenant == tenant, steps.c.state == "due", steps.c.due_at > now)
    at = connection.execute(select(func.min(steps.c.due_at)).where(*waiting)).scalar()
    if at is None:
        return None
    query = (
        select(steps.c.program, steps.c.step, func.count().label("learners"))
        .where(steps.c.tenant == tenant, steps.c.state == "due", steps.c.due_at == at)
        .group_by(steps.c.program, steps.c.step)
        .order_by(func.count().desc())
    )
    row = connection.execute(query).first()
    return None if row is None else Deadline(at=at, program=row.program, step=row.step, learners=row.learners)
