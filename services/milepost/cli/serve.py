"""`milepost serve`: gateway, tracker and console in one process on one database."""

import argparse

from milepost.cli.telling import Commands, NotDone, add_database, settings_of


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="run Milepost: gateway, tracker and console in one process",
        description="Run gateway, tracker and console in one process on one database. Every option can also be set in "
        "the environment, e.g. MILEPOST_PORT=8000.",
    )
    add_database(parser)
    parser.add_argument("--host", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, metavar="PORT", help="0 takes a free one (default: 8000)")
    parser.add_argument(
        "--clock", choices=["system", "manual"], help="a manual clock moves by PUT /test/clock, for demos and tests"
    )
    parser.add_argument("--clock-at", metavar="INSTANT", help="where a manual clock starts, e.g. 2026-09-07T06:00:00Z")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Serve until a signal, or until the tracker fails."""
    from milepost.runtimes.bootstrap import NotStarted
    from milepost.runtimes.embedded import serve
    from milepost.runtimes.logs import set_up_logs

    settings = settings_of(chosen)
    set_up_logs(settings.log_level)
    try:
        return serve(settings, listening=_tell)
    except NotStarted as error:
        raise NotDone(str(error)) from error


def _tell(address: str) -> None:
    print(f"Milepost listens on {address}", flush=True)
