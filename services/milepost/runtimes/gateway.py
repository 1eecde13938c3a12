"""The gateway as a process of its own: HTTP in, Kafka out; it accepts whether or not the database is there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from milepost.broker import topics
from milepost.broker.acceptance import KafkaAcceptance
from milepost.broker.acceptance_metrics import AcceptanceMetrics
from milepost.broker.failing import BrokerError
from milepost.clock import Clock, ManualClock, SystemClock
from milepost.gateway.app import build_gateway
from milepost.metrics import Metrics
from milepost.runtimes.answering import Answering
from milepost.runtimes.bootstrap import NotStarted, require_postgres_of_a_site, vault_of
from milepost.runtimes.health import health_routes
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.glimpse import Glimpse
from milepost.store.services import Services
from milepost_schemas.instants import from_text

GRACE_SECONDS = 7
"""How long requests that are under way may take at the end; with what follows it is less than ten seconds."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that is ready to take requests."""

    services: Services
    acceptance: KafkaAcceptance
    glimpse: Glimpse


def serve(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Run until a signal ends it (0); call `listening` with the address once it answers.

    Raise NotStarted where there is no Kafka, or its topics are not as they must be.
    """
    require_postgres_of_a_site(settings)
    require_topics(settings)
    with running(settings) as gateway:
        Answering(listening, grace_seconds=GRACE_SECONDS).answer(build_app(gateway), settings)
        return 0


@contextmanager
def running(settings: Settings, *, clock: Clock | None = None) -> Iterator[Gateway]:
    """Put a gateway together that stamps with this clock, by default the machine's; end it in order."""
    metrics, vault = Metrics(), vault_of(settings)
    clock = _clock(settings) if clock is None else clock
    with ExitStack() as ending:
        database = Database(settings.database)
        ending.callback(database.close)
        glimpse = Glimpse(database, vault)
        ending.callback(glimpse.close)
        glimpse.start()
        acceptance = KafkaAcceptance(settings, clock, store=glimpse, metrics=AcceptanceMetrics(metrics.registry))
        ending.callback(acceptance.close)
        services = Services(
            settings=settings,
            database=database,
            acceptance=acceptance,
            senders=glimpse,
            clock=clock,
            vault=vault,
            metrics=metrics,
        )
        yield Gateway(services, acceptance, glimpse)


def _clock(settings: Settings) -> Clock:
    """Return the clock to stamp with; a manual one stands where the settings say, for tests."""
    if settings.clock == "system":
        return SystemClock()
    if settings.clock_at is None:
        raise NotStarted("a gateway with a manual clock has to be told where it stands: MILEPOST_CLOCK_AT")
    return ManualClock(from_text(settings.clock_at))


def build_app(gateway: Gateway) -> ASGIApp:
    """Return the application: what the gateway answers, and what those who watch it ask."""

    def live() -> str | None:
        return gateway.acceptance.problem() or gateway.glimpse.problem()

    def ready() -> str | None:
        return gateway.acceptance.broker_problem() or gateway.glimpse.unknown()

    watched = health_routes(live=live, ready=ready, metrics=gateway.services.metrics.written)
    return build_gateway(gateway.services, watched=watched)


def require_topics(settings: Settings) -> None:
    """Raise NotStarted, with a sentence, where Kafka is away or its topics differ from what this version needs."""
    try:
        topics.require(settings)
    except BrokerError as error:
        raise NotStarted(str(error)) from error
