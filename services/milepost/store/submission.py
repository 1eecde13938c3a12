"""What becomes of a submission that is handed to the store."""

from dataclasses import dataclass


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
