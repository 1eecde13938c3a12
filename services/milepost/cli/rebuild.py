"""`milepost rebuild`: make anew what pages show, or the records behind it."""

import argparse
import sys

from milepost.cli.telling import (
    Commands,
    NotDone,
    add_database,
    add_kafka,
    database_of,
    database_of_one_process,
    settings_of,
)

MOST_SECONDS = 120.0


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "rebuild",
        help="make anew what pages show, or the records behind it",
        description="Empty the tables that pages read and fill them from the records; with --records, make the records "
        "themselves anew from all facts, then the tables. What was told stays told, and nobody is told it again. On a "
        "site the workers let go of the records meanwhile, and take them again when all of them are new; archive and "
        "projector have to run. If it is interrupted, say it again.",
    )
    parser.add_argument("--records", action="store_true", help="make every record anew from the facts table")
    parser.add_argument(
        "--wait",
        type=float,
        default=MOST_SECONDS,
        metavar="SECONDS",
        help="with --records, on a site: how long to wait for its processes (default: 120)",
    )
    add_database(parser)
    add_kafka(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Rebuild, and say how far it is."""
    from milepost.runtimes.logs import set_up_logs

    set_up_logs(settings_of(chosen).log_level)
    on_a_site = settings_of(chosen).kafka is not None
    if chosen.records:
        return _rebuild_site(chosen) if on_a_site else _rebuild_records(chosen)
    return _project(chosen) if on_a_site else _rebuild_shown(chosen)


def _rebuild_shown(chosen: argparse.Namespace) -> int:
    from milepost.runtimes.rebuilding import rebuild_shown

    with database_of_one_process(chosen) as database:
        print(_counted(rebuild_shown(database)))
    return 0


def _rebuild_records(chosen: argparse.Namespace) -> int:
    from milepost.runtimes.rebuilding import RebuildFailed, rebuild_records
    from milepost.store.retelling import NewerFact

    with database_of_one_process(chosen) as database:
        try:
            shown = rebuild_records(database, said=_say_facts)
        except (RebuildFailed, NewerFact) as error:
            raise NotDone(str(error)) from error
    _say_at_last(_counted(shown))
    return 0


def _rebuild_site(chosen: argparse.Namespace) -> int:
    from milepost.broker.failing import BrokerError
    from milepost.clock import SystemClock
    from milepost.runtimes.rebuilding import RebuildFailed
    from milepost.runtimes.rebuilding_on_site import rebuild_records
    from milepost.store.retelling import NewerFact

    settings = settings_of(chosen)
    with database_of(chosen) as database:
        try:
            shown = rebuild_records(settings, database, SystemClock(), said=_say_facts, most_seconds=chosen.wait)
        except (BrokerError, RebuildFailed, NewerFact) as error:
            raise NotDone(str(error)) from error
    _say_at_last(f"{_counted(shown)} The workers go on.")
    return 0


def _project(chosen: argparse.Namespace) -> int:
    from milepost.broker.failing import BrokerError
    from milepost.runtimes.rebuilding import RebuildFailed
    from milepost.runtimes.reprojecting import rebuild_shown

    try:
        rebuild_shown(settings_of(chosen), said=_say_messages)
    except (BrokerError, RebuildFailed) as error:
        raise NotDone(str(error)) from error
    _say_at_last("Every record is shown again.")
    return 0


def _counted(shown: int) -> str:
    return f"{shown} learners, offerings and sources are shown again."


def _say_facts(done: int, total: int) -> None:
    _say(f"{done} of {total} facts are read")


def _say_messages(done: int, total: int) -> None:
    _say(f"{done} of {total} messages are read")


def _say(how_far: str) -> None:
    if sys.stdout.isatty():
        print(f"\r{how_far}", end="", flush=True)


def _say_at_last(sentence: str) -> None:
    print(f"\r{sentence}{' ' * 30}" if sys.stdout.isatty() else sentence)
