"""`milepost worker` as a process: the app, the catalog that it reads, and its end.

The process ends in four ways: by a signal, within ten seconds, with everything committed that was done (0); the same
way because the records are being made anew (70; started again, it waits until they are); because it cannot begin (an
exception that says why); or because it gave up (70, see `ending`).
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from time import monotonic

import structlog

from milepost.broker import topics
from milepost.broker.catalog_reader import CatalogReader
from milepost.broker.partitioning import partition_of
from milepost.core.processors import PROCESSORS
from milepost.runtimes import young_objects
from milepost.runtimes.health import serve_health
from milepost.runtimes.kafka.app import App, CatchUp, build_app, nothing_to_catch_up
from milepost.runtimes.kafka.ending import EXIT_CODE, end_process, or_end
from milepost.runtimes.kafka.hold import HELD, Hold, HoldOfCatalog
from milepost.runtimes.kafka.looking import Looking
from milepost.runtimes.kafka.pump import Learned, Station
from milepost.runtimes.kafka.quiet import quiet_libraries
from milepost.settings import Settings
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.station import Station as ProcessorStation
from milepost_schemas.messages import ProgramKnown, SourceRedeclared

STOP_SECONDS = 10.0
LEARN_SECONDS = 60.0

logger = structlog.get_logger("milepost.worker")


def run_worker(settings: Settings, *, listening: Callable[[str], None]) -> int:
    """Run a worker of all five processors until a signal; return the exit code, or exit with 70.

    Raise BrokerError where Kafka or the topics are not as they have to be.
    """
    topics.require(settings)
    quiet_libraries()
    with _runner() as runner:
        return runner.run(_run_all(settings, listening))


async def _run_all(settings: Settings, listening: Callable[[str], None]) -> int:
    catalogs = Catalogs()
    reader = CatalogReader(settings, catalogs.learn)
    await reader.start()
    try:
        stations = [
            ProcessorStation(
                processor,
                catalogs,
                lambda key: partition_of(key, settings.partitions),
                partitions=settings.partitions,
            )
            for processor in PROCESSORS.values()
        ]
        lost = asyncio.create_task(or_end(reader.lost(), "reading the catalog", end_process))
        learned = _learned(reader, catalogs)
        code = await run_stations(
            settings,
            stations,
            learned=learned,
            catch_up=reader.catch_up,
            hold=HoldOfCatalog(reader, catalogs),
            listening=listening,
        )
        lost.cancel()
        return code
    finally:
        await reader.stop()


async def run_stations(
    settings: Settings,
    stations: Iterable[Station],
    *,
    learned: Learned,
    listening: Callable[[str], None],
    catch_up: CatchUp = nothing_to_catch_up,
    hold: Hold | None = None,
) -> int:
    """Run these stations until a signal, or until the records are being made anew; return the exit code."""
    app = build_app(settings, stations, learned=learned, catch_up=catch_up, hold=hold, end=end_process)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    looking = Looking(app)
    beside = [
        asyncio.create_task(or_end(app.watch.run(), "the watch", end_process)),
        asyncio.create_task(or_end(looking.run(), "looking after the worker", end_process)),
        asyncio.create_task(_end_with_crash(app)),
        *(
            asyncio.create_task(or_end(pump.run(), f"the pump of {pump.station.topic}", end_process))
            for pump in app.pumps.values()
        ),
    ]
    with ExitStack() as stack:
        health = serve_health(settings, live=looking.problem, ready=looking.not_ready, metrics=app.counts.written)
        listening(stack.enter_context(health))
        starting = asyncio.create_task(_start(app))
        letting_go = asyncio.create_task(or_end(_let_go(app, stopping), "looking whether to let go", end_process))
        await stopping.wait()
        code = EXIT_CODE if letting_go.done() else 0
        letting_go.cancel()
        if app.started:
            await _stop(app)
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    return code


async def _start(app: App) -> None:
    """Start the app, once the records are free; return when it takes messages in."""
    await or_end(app.hold.over(), "waiting for the records", app.end)
    app.in_worker = True
    app.finalize()
    app.conf.datadir.mkdir(parents=True, exist_ok=True)
    await or_end(app.start(), "starting", app.end)
    young_objects.settle()
    logger.info("worker_started")


async def _let_go(app: App, stopping: asyncio.Event) -> None:
    """Have the worker stop once the records that it holds are to be made anew."""
    await app.hold.over()
    await app.hold.begun()
    logger.info("lets_go", because=HELD)
    stopping.set()


async def _stop(app: App) -> None:
    """Finish what was begun, commit it, and leave; give up where that takes too long."""
    begun = monotonic()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await app.stop()
    except TimeoutError as error:
        app.end("could not stop in time", error)
    logger.info("worker_stopped", seconds=round(monotonic() - begun, 2))


async def _end_with_crash(app: App) -> None:
    """Give up when a part of the app has crashed: what is left would go on as if nothing were missing."""
    await app._crashed.wait()
    app.end("a part of the app crashed", app.crash_reason)


def _learned(reader: CatalogReader, catalogs: Catalogs) -> Learned:
    async def learned(needed: Sequence[ProgramKnown | SourceRedeclared]) -> None:
        """Wait for the catalog; what is referred to was acknowledged there before, so it comes."""
        async with asyncio.timeout(LEARN_SECONDS):
            await reader.reached(lambda: all(catalogs.knows(one) for one in needed))

    return learned


def _runner() -> asyncio.Runner:
    if sys.platform == "win32":
        return asyncio.Runner()
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)
