"""A site for stories: archive, projector and two workers as processes, gateway and pages in ours, time in our hand.

Each story is a tenant of its own, so that many run at once on one site, each on a clock of its own. One thread makes
rounds of the ticker, one after the other, and each round moves the clocks of all stories that wait for a tick.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread

from starlette.applications import Starlette
from starlette.routing import Mount

from milepost.broker.inbox import Inbox
from milepost.broker.outbox import Outbox
from milepost.broker.progress import Progress
from milepost.clock import ManualClock
from milepost.console.app import build_console
from milepost.console.visit import Desk
from milepost.gateway.app import gateway_routes
from milepost.runtimes import gateway
from milepost.runtimes.bootstrap import vault_of
from milepost.runtimes.console import watch_relay_and_projector
from milepost.settings import Settings
from milepost.store import tenants
from milepost.store.database import Database
from milepost.store.group_commit import GroupCommit
from milepost.store.vault import Vault
from milepost.tracker.ticking import Stopped, Ticking
from milepost_schemas.topics import Topic
from tests.site.processes import Site

WORKERS = ("worker-1", "worker-2")
TICK_SECONDS = 120


class Rounds:
    """Makes rounds for ever; whoever asks for a tick waits for the round that brings it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._asked: dict[str, tuple[int, Event]] = {}
        self._turn = Lock()
        self._stopping = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def tick(self, tenant: str, at: int) -> None:
        done = Event()
        with self._turn:
            self._asked[tenant] = (at, done)
        assert done.wait(TICK_SECONDS), f"no tick for {tenant}: {self._error!r}"

    def _run(self) -> None:
        try:
            with self._ticking() as ticking:
                while not self._stopping.is_set():
                    with self._turn:
                        asked, self._asked = self._asked, {}
                    ticking.round(lambda tenant: asked.get(tenant, (None, None))[0], stopped=self._stopping.is_set)  # noqa: B023
                    for _, done in asked.values():
                        done.set()
        except Stopped:
            pass
        except BaseException as error:
            self._error = error
            raise

    @contextmanager
    def _ticking(self) -> Iterator[Ticking]:
        progress = Progress(self._settings)
        catalog = Inbox(self._settings, Topic.CATALOG, group="tracker")
        with Outbox(self._settings, "ticker") as outbox:
            try:
                yield Ticking(self._settings, self._database, progress, outbox, catalog)
            finally:
                catalog.close()
                progress.close()


class StorySite:
    """One site for all stories of a run."""

    def __init__(self, site: Site, settings: Settings) -> None:
        self.settings = settings
        self.site = site
        self.database = Database(settings.database)
        self.rounds = Rounds(settings, self.database)
        # FastAPI silences a warning while it builds routes, in the filters of the whole process: two threads that build
        # at once undo each other's, and a warning is an error here.
        self.building = Lock()
        self._numbers = count(1)

    def host(self, begins_at: int) -> "SiteHost":
        return SiteHost(self, f"story-{next(self._numbers)}", begins_at)


@contextmanager
def story_site(folder: Path, *, kafka: str, prefix: str, database: str) -> Iterator[StorySite]:
    """Run a site with two workers until the end."""
    with Site(folder, kafka=kafka, prefix=prefix, database=database) as site:
        site.milepost("topics", "create")
        site.start("archive", "projector", *WORKERS)
        settings = Settings(
            kafka=kafka,
            topic_prefix=prefix,
            partitions=int(site.environment["MILEPOST_PARTITIONS"]),
            database=database,
            server_key_file=folder / "milepost.key",
        )
        stories = StorySite(site, settings)
        stories.rounds.start()
        try:
            yield stories
        finally:
            stories.rounds.stop()
            stories.database.close()


class SiteHost:
    """What one story sees of the site: a tenant, its gateway and its pages, and its clock."""

    def __init__(self, stories: StorySite, tenant: str, begins_at: int) -> None:
        self.tenant = tenant
        self.clock = ManualClock(begins_at)
        self.database = stories.database
        self.vault: Vault = vault_of(stories.settings)
        self._stories = stories
        self._ending = ExitStack()
        with self.database.writing() as connection:
            tenants.open_tenant(connection, tenant, at=begins_at)

    def open(self) -> Starlette:
        """Return the gateway and the pages of the tenant, once its sources are there."""
        running = self._ending.enter_context(gateway.running(self._stories.settings, clock=self.clock))
        acceptance = GroupCommit(self.database, self.clock)
        self._ending.callback(acceptance.close)
        with self._stories.building:
            desk = Desk(self.database, acceptance, self.clock, self.vault, watch_relay_and_projector)
            pages = build_console(desk, open_here=True, tenant=self.tenant)
        self._app = Starlette(routes=[*gateway_routes(running.services, tenant=self.tenant), Mount("/", app=pages)])
        return self._app

    def tick(self, at: int) -> None:
        """Move the clock, and have a round made."""
        if at > self.clock.now():
            self.clock.set(at)
        self._stories.rounds.tick(self.tenant, at)

    def stand_still(self) -> None:
        """Nothing is concluded without a tick, so nothing has to be stopped."""

    def restart(self) -> Starlette:
        """Nothing that is not durable is here; the workers die in the tests of chaos."""
        return self._app

    def close(self) -> None:
        self._ending.close()
