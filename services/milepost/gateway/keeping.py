"""The way in that all endpoints share: stamped, submitted, and answered only once it is kept for good."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import structlog
from starlette.concurrency import run_in_threadpool

from milepost.failures import outline
from milepost.gateway.refusing import Refused, store_unavailable, too_large_as_one
from milepost.gateway.requests import SMALL
from milepost.store.acceptance import NotAccepted, SubmissionTooLarge
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import (
    MOST_MESSAGES,
    Accepted,
    Acknowledged,
    Outcome,
    StatementConflict,
    messages_of,
)
from milepost_schemas.submissions import RawMessage, Refusal, Submission

T = TypeVar("T")

log = structlog.get_logger("milepost.gateway")


async def keep(
    services: Services, route: str, build: Callable[[int], Submission], *, octets: int
) -> Accepted | Acknowledged:
    """Build a submission for the moment of receipt, from so many octets, and return once it is kept for good.

    Refuse a statement whose id has another meaning (409), what is too large to be kept as one (413), and anything while
    it cannot be kept (503).
    """
    if octets <= SMALL and not services.acceptance.waits():
        future = _submit(services, build, may_wait=False)
    else:
        future = await run_in_threadpool(_submit, services, build, may_wait=True)
    outcome = await _outcome(future)
    if isinstance(outcome, StatementConflict):
        raise Conflict(outcome.statement_id)
    count = outcome.logged if isinstance(outcome, Accepted) else outcome.messages
    services.metrics.accepted.labels(route).inc(count)
    return outcome


class Conflict(Refused):
    """Something with this id, and another meaning, is there already."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(
            "conflict",
            f"{statement_id} is there already and says something else, so nothing was kept (xAPI Comm 2.1).",
        )
        self.statement_id = statement_id


async def note_refusal(services: Services, source: Source, raw: RawMessage, refused: Refused) -> None:
    """Keep a refused request for who looks at the source; that this fails changes nothing for the sender."""

    def submit() -> "Future[None]":
        with services.acceptance.receiving() as received_at:
            return services.acceptance.refuse(
                Refusal(
                    tenant=source.tenant, source=source.name, received_at=received_at, raw=raw, reason=refused.sentence
                )
            )

    try:
        await _result(await run_in_threadpool(submit))
    except Exception as error:
        log.warning("refusal_not_kept", source=source.name, error=type(error).__name__)


def count_refusal(services: Services, route: str, refused: Refused, source: Source | None) -> None:
    """Count and log a refusal; the sentence may repeat what came, so it is not logged.

    Of what is our own fault it is logged what it was, and where.
    """
    services.metrics.refused.labels(route=route, reason=refused.reason).inc()
    told = {"route": route, "reason": refused.reason, "status": refused.status, "source": source and source.name}
    if refused.reason == "store_unavailable" and refused.__cause__ is not None:
        log.warning("refused", **told, **outline(refused.__cause__))
    else:
        log.info("refused", **told)


def _submit(services: Services, build: Callable[[int], Submission], *, may_wait: bool) -> "Future[Outcome]":
    with services.acceptance.receiving() as received_at:
        submission = build(received_at)
        if messages_of(submission) > MOST_MESSAGES:
            raise too_large_as_one()
        try:
            return services.acceptance.submit(submission, may_wait=may_wait)
        except SubmissionTooLarge as error:
            raise too_large_as_one() from error
        except NotAccepted as error:
            raise store_unavailable() from error


async def _outcome(future: "Future[Outcome]") -> Outcome:
    try:
        return await _result(future)
    except SubmissionTooLarge as error:
        raise too_large_as_one() from error
    except Exception as error:
        raise store_unavailable() from error


async def _result(future: "Future[T]") -> T:
    """Return what becomes of a future of another thread, for a third of what `asyncio.wrap_future` takes.

    Who asked and has gone changes nothing for the other thread: it is kept all the same.
    """
    loop = asyncio.get_running_loop()
    told = loop.create_future()

    def tell() -> None:
        if not told.done():
            told.set_result(None)

    def done(_: "Future[T]") -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell)

    future.add_done_callback(done)
    await told
    return future.result()
