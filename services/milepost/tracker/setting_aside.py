"""Setting aside what cannot be taken in: the dead letter that says why, and the limit that stops the process."""

from importlib.metadata import version
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from milepost_schemas.messages import DeadLetter

DEAD_BEFORE_STOPPING = 20
"""So many messages set aside one after the other, and what is wrong is not the messages."""

UNKNOWN_TYPE = "union_tag_invalid"
"""What pydantic calls a message whose type it does not know: a newer release said it."""

UNAVAILABLE = (OSError, MemoryError)
"""Errors that say nothing about a message: whoever takes it in ends, and it comes again."""

LONGEST_REASON = 2_000


class TooManyDeadLetters(RuntimeError):
    """More messages in a row had to be set aside than can be their own fault; mend it before the process goes on."""


class NotExpected(ValueError):
    """A message that does not belong where it was found; the reason repeats nothing of it."""


class InARow:
    """Counts the messages of one place that have to be set aside one after the other."""

    def __init__(self, place: str) -> None:
        """Begin with none."""
        self.count = 0
        self._place = place

    def add(self, where: str, error: Exception) -> None:
        """Count one before it is set aside; one of a type that a newer release added says nothing against this process.

        Raise TooManyDeadLetters.
        """
        self.count += not _is_of_newer_type(error)
        if self.count > DEAD_BEFORE_STOPPING:
            raise TooManyDeadLetters(
                f"{self.count} messages of {self._place} in a row set aside, the last {where}"
            ) from error

    def end(self) -> None:
        """Note that a message was taken in."""
        self.count = 0


def dead_letter(
    topic: str, partition: int, offset: int, key: bytes | None, body: bytes, *, at: int, error: Exception
) -> DeadLetter:
    """Return a message as it is set aside, with a reason that repeats nothing of what somebody sent."""
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        reason=reason_of(error),
        code=version("milepost"),
        at=at,
        key=key,
        body=body,
    )


def reason_of(error: Exception) -> str:
    """Return why a message was set aside, in bounded length, in words that repeat nothing of what somebody sent."""
    return _reason(error)[:LONGEST_REASON]


def _reason(error: Exception) -> str:
    match error:
        case ValidationError():
            wrong = error.errors(include_url=False, include_input=False, include_context=False)[:5]
            return "; ".join(f"{_place(each['loc'])}: {each['msg']}" for each in wrong)
        case NotExpected():
            return str(error)
        case SQLAlchemyError():
            return f"the database refused it: {type(getattr(error, 'orig', None) or error).__name__}"
        case _:
            return f"{type(error).__name__} at {_line(error)}"


def _place(loc: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in loc) or "message"


def _line(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def _is_of_newer_type(error: Exception) -> bool:
    return isinstance(error, ValidationError) and any(one["type"] == UNKNOWN_TYPE for one in error.errors())
