"""`milepost retention`: delete what is past its time; without `--apply`, say what that would be."""

import argparse

from milepost.cli.telling import Commands, add_database, add_moment, database_of, moment_of, settings_of, table
from milepost.settings import Settings
from milepost.store.retention import Periods


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "retention",
        help="delete what is past its time",
        description="Say what is past its time, by the settings MILEPOST_KEEP_..., and delete it with --apply. Facts "
        "of programs, statements, records, pages and what was told are never deleted. The server may run meanwhile; "
        "run it every day, e.g. by cron.",
    )
    parser.add_argument("--apply", action="store_true", help="delete it; without this nothing is deleted")
    add_database(parser)
    add_moment(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Say what is past its time, and delete it if that was asked for."""
    from milepost.store import retention

    periods = _periods(settings_of(chosen))
    rows = [("WHAT", "KEPT FOR", "DELETED" if chosen.apply else "PAST THAT")]
    with database_of(chosen) as database:
        with database.reading() as connection:
            kinds = retention.kinds(connection, periods, at=moment_of(chosen))
            counted = {kind.name: retention.count(connection, kind) for kind in kinds}
        if chosen.apply:
            counted = {kind.name: retention.forget(database, kind) for kind in kinds}
    rows += [(kind.name, f"{kind.days} days", str(counted[kind.name])) for kind in kinds]
    print(table(rows) if kinds else "By the settings, everything is kept for good.")
    if kinds and not chosen.apply:
        print("Nothing was deleted; --apply does that.")
    return 0


def _periods(settings: Settings) -> Periods:
    return Periods(
        raw=settings.keep_raw_days,
        log=settings.keep_log_days,
        unknown=settings.keep_unknown_days,
        dead_letters=settings.keep_dead_letters_days,
        documents=settings.keep_documents_days,
        audit=settings.keep_audit_days,
    )
