"""The way into the store that all endpoints share: stamped, submitted, and answered only after the commit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

import structlog
from starlette.concurrency import run_in_threadpool

from milepost.gateway.refusing import Refused, store_unavailable
from milepost.store.services import Services
from milepost.store.sources import Source
from milepost.store.submission import Accepted, Outcome, RawMessage, Refusal, StatementConflict, Submission

log = structlog.get_logger("milepost.gateway")


async def keep(services: Services, route: str, build: Callable[[int], Submission]) -> Accepted:
    """Build a submission for the moment of receipt and return once it is on the disk.

    Refuse a statement whose id has another meaning (409), and anything while the store fails (503).
    """
    future = await run_in_threadpool(_submit, services, build)
    outcome = await _outcome(future)
    if isinstance(outcome, StatementConflict):
        raise Conflict(outcome.statement_id)
    services.metrics.accepted.labels(route=route).inc(outcome.logged)
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
        await asyncio.wrap_future(await run_in_threadpool(submit))
    except Exception as error:
        log.warning("refusal_not_kept", source=source.name, error=type(error).__name__)


def count_refusal(services: Services, route: str, refused: Refused, source: Source | None) -> None:
    """Count and log a refusal; the sentence may repeat what came, so it is not logged."""
    services.metrics.refused.labels(route=route, reason=refused.reason).inc()
    log.info("refused", route=route, reason=refused.reason, status=refused.status, source=source and source.name)


def _submit(services: Services, build: Callable[[int], Submission]) -> "Future[Outcome]":
    with services.acceptance.receiving() as received_at:
        submission = build(received_at)
        try:
            return services.acceptance.submit(submission)
        except RuntimeError as error:
            raise store_unavailable() from error


async def _outcome(future: "Future[Outcome]") -> Outcome:
    try:
        return await asyncio.wrap_future(future)
    except Exception as error:
        log.error("store_unavailable", error=type(error).__name__)
        raise store_unavailable() from error
