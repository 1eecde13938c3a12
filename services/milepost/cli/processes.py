"""The commands that run until a signal: `milepost serve`, which does everything, and each process of a site."""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Literal

from milepost.cli.telling import Commands, NotDone, add_database, add_kafka, settings_of
from milepost.settings import Settings

Option = Literal["database", "kafka", "instance", "data-dir", "clock"]

ENVIRONMENT = "Every option can also be set in the environment, e.g. MILEPOST_PORT=8000."


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A command that runs one process. `runs` names its function, and `listens` is what it says once it answers."""

    name: str
    runs: str
    options: tuple[Option, ...]
    listens: str
    help: str
    description: str
    epilog: str | None = None
    has_pages: bool = False


PROCESSES = (
    Process(
        name="serve",
        runs="milepost.runtimes.embedded:serve",
        options=("database", "clock"),
        listens="Milepost listens on",
        has_pages=True,
        help="run Milepost: gateway, tracker and console in one process",
        description="Run gateway, tracker and console in one process on one database.",
    ),
    Process(
        name="gateway",
        runs="milepost.runtimes.gateway:serve",
        options=("database", "kafka", "instance", "clock"),
        listens="Milepost's gateway listens on",
        help="run the gateway of a site with Kafka: statements, webhooks and facts in",
        description="Take statements, webhooks and facts, and answer once Kafka has them on all replicas. Several "
        "gateways may run beside each other.",
    ),
    Process(
        name="archive",
        runs="milepost.runtimes.archive:run_archive",
        options=("database", "kafka"),
        listens="Milepost's archive answers on",
        help="run the archive of a site on Kafka",
        description="Accept into the database what the gateway has put into Kafka, and carry the log into Kafka. Run "
        "two: one is active, the other takes over within seconds. Where Kafka or PostgreSQL is away it waits; it ends "
        "only by a signal, or by an error that somebody has to look at.",
    ),
    Process(
        name="worker",
        runs="milepost.runtimes.kafka.worker:run_worker",
        options=("kafka", "instance", "data-dir"),
        listens="A worker of Milepost answers on",
        help="run the processors of a site on Kafka",
        description="Take in what the site's topics hold, keep the records, and say what follows. As many workers may "
        "run as there are partitions; each needs an instance name of its own that stays the same after a restart.",
        epilog="A worker that can no longer be sure of what it holds exits at once with 70: run it under a supervisor "
        "that starts it again (systemd, a container's restart policy, `milepost site up`). Nothing is lost by that. "
        "SIGTERM ends it within ten seconds with everything committed; kill it if it takes longer than fifteen.",
    ),
    Process(
        name="ticker",
        runs="milepost.runtimes.ticker:serve",
        options=("database", "kafka", "clock"),
        listens="Milepost's ticker listens on",
        help="run the ticker of a site with Kafka: what has fallen due is concluded",
        description="Once a second, wait until everything that was received has been read, and move the clock on "
        "behind it. One ticker is active, others stand by; without any, nothing is concluded, and nothing wrong is.",
    ),
    Process(
        name="projector",
        runs="milepost.runtimes.projector:run_projector",
        options=("database", "kafka"),
        listens="Milepost's projector answers on",
        help="run the projector of a site on Kafka",
        description="Write into the database what workers conclude, for the pages. Several share the work. Where Kafka "
        "or PostgreSQL is away it waits; it ends only by a signal, or by an error that somebody has to look at.",
    ),
    Process(
        name="console",
        runs="milepost.runtimes.console:serve_console",
        options=("database",),
        listens="Milepost's pages are at",
        has_pages=True,
        help="run the pages of a site on Kafka",
        description="Run the pages, and nothing else, on the database that a site shares. `milepost serve` has them "
        "already.",
    ),
)


def add_to(commands: Commands) -> None:
    """Add the commands."""
    for process in PROCESSES:
        parser = commands.add_parser(
            process.name,
            help=process.help,
            description=f"{process.description} {ENVIRONMENT}",
            epilog=process.epilog,
        )
        for option in process.options:
            _OPTIONS[option](parser)
        parser.add_argument("--host", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, metavar="PORT", help="0 takes a free one (default: 8000)")
        parser.set_defaults(run=partial(run, process))


def run(process: Process, chosen: argparse.Namespace) -> int:
    """Run a process until a signal, or until an error that does not pass."""
    from milepost.broker.failing import BrokerError
    from milepost.runtimes.bootstrap import NotStarted
    from milepost.runtimes.logs import set_up_logs

    settings = settings_of(chosen)
    set_up_logs(settings.log_level)
    try:
        return _function(process)(settings, listening=partial(tell, process, settings))
    except (BrokerError, NotStarted) as error:
        raise NotDone(str(error)) from error
    except OSError as error:
        raise NotDone(f"nobody can listen on {settings.host}:{settings.port}: {error.strerror or error}") from error


def _function(process: Process) -> Callable[..., int]:
    """Return the function of a process; importing it takes a while, so it comes when it is wanted."""
    module, _, name = process.runs.partition(":")
    found: Callable[..., int] = getattr(import_module(module), name)
    return found


def tell(process: Process, settings: Settings, address: str) -> None:
    """Say where a process listens, and what is to be done where others can open its pages."""
    from milepost.console.origins import is_loopback

    print(f"{process.listens} {address}", flush=True)
    if process.has_pages and not is_loopback(settings.host):
        print(_others_can_reach(settings), flush=True)


def _others_can_reach(settings: Settings) -> str:
    """Return what is to be done where not only this machine can open the pages."""
    from milepost.store import accounts
    from milepost.store.database import Database

    with closing(Database(settings.database)) as database, database.reading() as connection:
        has_accounts = accounts.exist(connection)
    who = "whoever has an account" if has_accounts else "nobody"
    first = "" if has_accounts else ", until `milepost account add NAME --role coordinator` adds an account"
    return (
        f"Others can reach this address: {who} can sign in{first}. Passwords and keys travel in clear here: let a "
        "proxy that speaks TLS stand in front (docs/console.md)."
    )


def _add_instance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--instance", metavar="NAME", help="tells several apart, the same after a restart (default: 1)")


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", metavar="FOLDER", help="a folder for what is kept (default: milepost-data)")


def _add_clock(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clock", choices=["system", "manual"], help="a manual clock moves by PUT /test/clock, for demos and tests"
    )
    parser.add_argument("--clock-at", metavar="INSTANT", help="where a manual clock starts, e.g. 2026-09-07T06:00:00Z")


_OPTIONS: dict[Option, Callable[[argparse.ArgumentParser], None]] = {
    "database": add_database,
    "kafka": add_kafka,
    "instance": _add_instance,
    "data-dir": _add_data_dir,
    "clock": _add_clock,
}
