"""`milepost site ...`: a whole site on Kafka as plain processes of this machine."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from milepost.cli.telling import Commands, NotDone, add_database, add_kafka, settings_of, table

if TYPE_CHECKING:
    from milepost.runtimes.site.parts import Part

FOLDER = "milepost-site"

RECORDS_ARE_NEXT = "Start archive and projector, and say `milepost rebuild --records`: workers wait until that is done."


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("site", help="run a whole site on Kafka as plain processes of this machine")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(within)
    preparing = within.add_parser(
        "prepare",
        help="make the tables and the topics of a site",
        description="Make the tables and the topics that this version needs, and the server key where there is none. "
        "It comes before the processes of a new release; done again, it changes nothing.",
    )
    add_kafka(preparing)
    add_database(preparing)
    _add_from_database(preparing)
    preparing.set_defaults(run=prepare)
    status_of = within.add_parser("status", help="say how the processes of the site here are")
    _add_folder(status_of)
    status_of.set_defaults(run=status)


def _add_up(within: Commands) -> None:
    parser = within.add_parser(
        "up",
        help="start everything, look after it, and end it with Ctrl-C",
        description="Start gateway, pages, archive, projector, ticker and workers, and a Kafka and a PostgreSQL of "
        "their own unless others are named; start again what ends. Whatever is kept lies in one folder: started again "
        "there, the site goes on where it was.",
    )
    add_kafka(parser)
    add_database(parser)
    _add_folder(parser)
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="how many workers (default: 2)")
    parser.add_argument("--host", metavar="ADDRESS", help="where gateway and pages listen (default: 127.0.0.1)")
    parser.add_argument(
        "--port",
        type=int,
        metavar="PORT",
        help="the first of the ports that are taken, 0 for free ones (default: 8000)",
    )
    parser.add_argument("--partitions", type=int, metavar="N", help="of the topics, when they are made (default: 12)")
    parser.add_argument("--prometheus", action="store_true", help="also run the Prometheus of this machine")
    _add_from_database(parser)
    parser.set_defaults(run=up)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="FOLDER", default=FOLDER, help=f"where all is kept (default: {FOLDER})")


def _add_from_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from-database",
        action="store_true",
        help="begin on new topics with what the database holds: after a restore, when Kafka was lost, or where one "
        "process kept it until now; `milepost rebuild --records` then makes the records",
    )


def up(chosen: argparse.Namespace) -> int:
    """Run a site until Ctrl-C."""
    from milepost.runtimes.bootstrap import NotStarted
    from milepost.runtimes.logs import set_up_logs
    from milepost.runtimes.site.up import up as run_site

    if chosen.workers < 1:
        raise NotDone("a site needs a worker at least: --workers 1")
    settings = settings_of(chosen)
    set_up_logs("warning")
    try:
        return run_site(
            settings,
            Path(chosen.data),
            workers=chosen.workers,
            prometheus=chosen.prometheus,
            from_database=chosen.from_database,
            tell=_tell,
            ready=_tell_addresses,
        )
    except NotStarted as error:
        raise NotDone(str(error)) from error


def prepare(chosen: argparse.Namespace) -> int:
    """Make what a site needs before its processes."""
    from milepost.clock import SystemClock
    from milepost.runtimes.bootstrap import NotStarted
    from milepost.runtimes.logs import set_up_logs
    from milepost.runtimes.site.preparing import begin_from_database
    from milepost.runtimes.site.preparing import prepare as make

    set_up_logs("warning")
    try:
        if chosen.from_database:
            begin_from_database(settings_of(chosen), SystemClock())
        else:
            make(settings_of(chosen))
    except NotStarted as error:
        raise NotDone(str(error)) from error
    print("The tables and the topics are there and as they should be.")
    if chosen.from_database:
        print(RECORDS_ARE_NEXT)
    return 0


def status(chosen: argparse.Namespace) -> int:
    """Say of each process how it is; 1 where one is not ready."""
    from milepost.runtimes.site.asking import Condition, ask_once
    from milepost.runtimes.site.register import read_register

    found = read_register(Path(chosen.data))
    if not found:
        raise NotDone(f"no site runs in {chosen.data}; `milepost site up` starts one")
    conditions = [ask_once(part) for part, _ in found]
    rows = [
        (part.name, condition.value, str(row["pid"] or ""), str(row["starts"]), part.address)
        for (part, row), condition in zip(found, conditions, strict=True)
    ]
    print(table([("process", "is", "pid", "starts", "address"), *rows]))
    return 0 if all(condition is Condition.READY for condition in conditions) else 1


def _tell(name: str, said: str) -> None:
    for line in said.splitlines():
        print(f"{name:<10} | {line}", flush=True)


def _tell_addresses(parts: "Sequence[Part]", environment: Path) -> None:
    addresses = {part.name: part.address for part in parts}
    print()
    print(f"  Pages:    {addresses['console']}")
    print(f"  Senders:  {addresses['gateway']}")
    if "prometheus" in addresses:
        print(f"  Watched:  {addresses['prometheus']}")
    print(f"  Commands: in another terminal, `. {environment}`, then `milepost source add ...`, for one")
    print(f"  Kept in:  {environment.parent} (what each process says: logs/)")
    print("  Ctrl-C ends it all; started again, it goes on where it was.", flush=True)
    print(flush=True)
