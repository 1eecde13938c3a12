"""The life of a site of plain processes: what it needs is started, then its own processes, until a signal ends them."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType

from milepost.clock import SystemClock
from milepost.runtimes.bootstrap import NotStarted
from milepost.runtimes.local.ports import free_port, is_free
from milepost.runtimes.site.asking import Asking, Condition
from milepost.runtimes.site.journals import Journal, fresh_lines
from milepost.runtimes.site.parts import Part, Plan, names_of_parts, parts_of, shared_environment
from milepost.runtimes.site.preparing import begin_from_database, prepare
from milepost.runtimes.site.prometheus import NoPrometheus, watching
from milepost.runtimes.site.register import alone, write_environment, write_register
from milepost.runtimes.site.servers import Servers, servers
from milepost.runtimes.site.supervising import Supervised, Tell, Wish, end_in_order, look_after
from milepost.settings import Settings

PROMETHEUS = "prometheus"


def up(
    settings: Settings,
    folder: Path,
    *,
    workers: int,
    prometheus: bool,
    from_database: bool,
    tell: Tell,
    ready: Callable[[Sequence[Part], Path], None],
) -> int:
    """Run a site until a signal, and return the exit code; call `ready` once all of it is.

    Raise NotStarted where something that it needs is missing.
    """
    folder = folder.resolve()
    with _signals() as wish, alone(folder), servers(settings, folder, tell) as found:
        shared = found.settings.model_copy(
            update={"server_key_file": (settings.server_key_file or folder / "milepost.key").resolve()}
        )
        if from_database:
            begin_from_database(shared, SystemClock())
            tell("site", "holds its records until `milepost rebuild --records` has made them")
        else:
            prepare(shared)
        parts = _parts(shared, folder, workers=workers, prometheus=prometheus)
        environment = write_environment(folder, shared_environment(shared, folder))
        _run(parts, folder, found, wish, tell=tell, ready=lambda: ready(parts, environment))
    return 0


def _run(
    parts: Sequence[Part],
    folder: Path,
    own: Servers,
    wish: Wish,
    *,
    tell: Tell,
    ready: Callable[[], None],
) -> None:
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    several = [Supervised(part, logs=logs) for part in parts]
    journals = {each.part.name: Journal(each.log) for each in several}
    turn = _Turn(several, folder, journals, own, tell=tell, ready=ready)
    asking = Asking(several)
    asking.start()
    try:
        look_after(several, wish, each_turn=turn.turn, tell=tell)
    finally:
        asking.stop()
        tell("site", "is ended; Ctrl-C once more kills what is left")
        end_in_order(several, wish)
        turn.show()


class _Turn:
    """What is done beside looking after the processes, turn by turn."""

    def __init__(
        self,
        several: Sequence[Supervised],
        folder: Path,
        journals: dict[str, Journal],
        own: Servers,
        *,
        tell: Tell,
        ready: Callable[[], None],
    ) -> None:
        self._several = several
        self._folder = folder
        self._journals = journals
        self._own = own
        self._tell = tell
        self._ready = ready
        self._is_ready = False
        self._written: Sequence[tuple[int | None, int]] = ()
        self._began = monotonic()

    def turn(self) -> None:
        """Show what is new, write down what runs, start servers that have ended, and say once that all is ready."""
        self.show()
        self._own.look_after(self._tell)
        running = [(each.pid, each.starts) for each in self._several]
        if running != self._written:
            write_register(self._folder, self._several)
            self._written = running
        if not self._is_ready and all(each.condition is Condition.READY for each in self._several):
            self._is_ready = True
            self._tell("site", f"is ready after {monotonic() - self._began:.0f} s")
            self._ready()

    def show(self) -> None:
        """Show what somebody should see of the logs."""
        for name, line in fresh_lines(self._journals):
            self._tell(name, line)


def _parts(settings: Settings, folder: Path, *, workers: int, prometheus: bool) -> Sequence[Part]:
    names = [*names_of_parts(workers), *([PROMETHEUS] if prometheus else [])]
    ports = _ports(settings.port, names)
    parts = list(parts_of(Plan(settings=settings, folder=folder, ports=ports, workers=workers)))
    if prometheus:
        try:
            parts.append(watching(parts, folder / PROMETHEUS, ports[PROMETHEUS]))
        except NoPrometheus as error:
            raise NotStarted(str(error)) from error
    return parts


def _ports(first: int, names: Sequence[str]) -> dict[str, int]:
    """Return the ports from the first on, or free ones for 0; raise NotStarted where one is taken."""
    if first == 0:
        drawn: set[int] = set()
        while len(drawn) < len(names):
            drawn.add(free_port())
        return dict(zip(names, drawn, strict=True))
    ports = {name: first + number for number, name in enumerate(names)}
    taken = [str(port) for port in ports.values() if not is_free(port)]
    if taken:
        raise NotStarted(
            f"something listens on port {', '.join(taken)} already; a site takes {len(names)} ports from --port on "
            f"({first} to {first + len(names) - 1}), and with --port 0 free ones"
        )
    return ports


@contextmanager
def _signals() -> Iterator[Wish]:
    """Give the wish: the first signal that asks us to end sets that it ends, the second that it ends at once."""
    wish = Wish()

    def heard(_number: int, _frame: FrameType | None) -> None:
        # Nothing but assignments: whoever waits for a lock here would wait for the code that the signal interrupts.
        wish.at_once = wish.ending
        wish.ending = True

    earlier = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
