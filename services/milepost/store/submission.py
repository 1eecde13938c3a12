"""How much of a submission the store takes as one, and what becomes of it."""

from dataclasses import dataclass

from milepost_schemas.submissions import Submission

MOST_MESSAGES = 20_000
"""How many messages of the log may follow from one submission: while they are written, everybody else waits."""


def messages_of(submission: Submission) -> int:
    """Return how many messages of the log follow from a submission."""
    return len(submission.messages) + sum(len(each.messages) for each in submission.statements)


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is on the disk. `position` is the log's end after it, and what a page can wait for."""

    position: int
    logged: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """It is in Kafka, on all replicas, and will be taken into the store in its turn.

    `messages` is how many it brings to the log, those known already included.
    """

    messages: int


@dataclass(frozen=True, slots=True)
class StatementConflict:
    """Nothing was kept: a statement with this id, and another meaning, is there already."""

    statement_id: str


Outcome = Accepted | Acknowledged | StatementConflict
