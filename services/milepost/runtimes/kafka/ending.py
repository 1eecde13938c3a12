"""The one way in which a worker gives up: at once, leaving everything that is not durable undone.

Whoever takes over begins at the last position that was committed, and nothing is lost by that. To clean up would be
the danger: a commit, a flush or a farewell to the group can say more than is true.
"""

import asyncio
import os
from collections.abc import Awaitable
from typing import NoReturn, Protocol

import structlog

from milepost.failures import outline

EXIT_CODE = 70
"""What a worker that has given up exits with; whoever supervises it starts it again."""

logger = structlog.get_logger("milepost.worker")


class End(Protocol):
    """Ends the process; the reason is a word or two for the log."""

    def __call__(self, reason: str, error: BaseException | None = None) -> NoReturn:
        """Never return."""
        ...


async def or_end(work: Awaitable[None], what: str, end: End) -> None:
    """Do work that must not fail; where it does, end the process."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        end(f"{what} failed", error)


def end_process(reason: str, error: BaseException | None = None) -> NoReturn:
    """Say why in the log, without the words of the error, and exit without any cleaning up."""
    logger.critical("worker_gave_up", reason=reason, **({} if error is None else outline(error)))
    os._exit(EXIT_CODE)
