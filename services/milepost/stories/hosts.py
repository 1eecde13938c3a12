"""What carries a story out when it is spoken to over HTTP: the embedded runtime, or a site of many processes."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from starlette.types import ASGIApp

from milepost.clock import ManualClock
from milepost.runtimes.bootstrap import Parts, running
from milepost.runtimes.embedded import build_app
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.store.tenants import DEFAULT
from milepost.store.vault import Vault
from milepost_schemas.instants import to_text


class Host(Protocol):
    """Where one story happens: a tenant of its own in a database, and a clock that is moved by hand."""

    @property
    def tenant(self) -> str:
        """Whose story it is."""
        ...

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        ...

    @property
    def vault(self) -> Vault:
        """The keys of the host."""
        ...

    @property
    def clock(self) -> ManualClock:
        """What requests are stamped with."""
        ...

    def open(self) -> ASGIApp:
        """Return what answers senders and people; the sources of the story are there by now."""
        ...

    def tick(self, at: int) -> None:
        """Move the clock; return when everything received before is read, the tick was made, and pages show it."""
        ...

    def stand_still(self) -> None:
        """Accept, and conclude nothing, until `restart`."""
        ...

    def restart(self) -> ASGIApp:
        """Lose everything that is not durable; return what answers from now on."""
        ...

    def close(self) -> None:
        """End."""
        ...


def _file_in(folder: Path) -> str:
    return str(folder / "milepost.db")


class EmbeddedHost:
    """The embedded runtime, on a database of its own."""

    tenant = DEFAULT

    def __init__(self, begins_at: int, *, place: Callable[[Path], str] = _file_in) -> None:
        """Start at a moment; `place` names an empty database, by default a file in the folder that it is given."""
        self._ending = ExitStack()
        self._folder = Path(self._ending.enter_context(TemporaryDirectory(prefix="milepost-story-")))
        self._place = place(self._folder)
        self._serving = ExitStack()
        self._parts = self._start(begins_at)

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        return self._parts.services.database

    @property
    def vault(self) -> Vault:
        """The keys of the host."""
        return self._parts.services.vault

    @property
    def clock(self) -> ManualClock:
        """What requests are stamped with."""
        clock = self._parts.services.clock
        if not isinstance(clock, ManualClock):
            raise TypeError("a story needs a clock that is moved by hand")
        return clock

    def open(self) -> ASGIApp:
        """Return what answers senders and people."""
        return build_app(self._parts)

    def tick(self, at: int) -> None:
        """Move the clock, and wait until everything is read and the tick was made."""
        self._parts.tracker.set_clock(at).result()

    def stand_still(self) -> None:
        """Let nobody read the log; what is received is read by the next process."""
        self._parts.tracker.stop()

    def restart(self) -> ASGIApp:
        """End the server and start it again on the same database."""
        at = self.clock.now()
        self._serving.close()
        self._parts = self._start(at)
        return self.open()

    def close(self) -> None:
        """End the server and remove its database."""
        self._serving.close()
        self._ending.close()

    def _start(self, at: int) -> Parts:
        settings = Settings(
            database=self._place,
            kafka=None,
            server_key_file=self._folder / "milepost.key",
            clock="manual",
            clock_at=to_text(at),
            log_level="error",
        )
        self._serving = ExitStack()
        return self._serving.enter_context(running(settings))
