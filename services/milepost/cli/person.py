"""`milepost person ...`: who somebody is, and erasing what is kept of them."""

import argparse
from collections.abc import Sequence

from milepost.cli.telling import (
    Commands,
    NotDone,
    add_database,
    add_kafka,
    add_moment,
    add_tenant,
    database_of,
    database_of_one_process,
    moment_of,
    settings_of,
    table,
)
from milepost.store.database import Database
from milepost.store.tracing import Traces


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("person", help="find a person, and erase what is kept of them")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    finding = within.add_parser("find", help="say who is meant by a name, an address or an identifier")
    finding.add_argument("text", help="a part of a name, of an address or of an identifier, or a learner's id")
    finding.set_defaults(run=find)
    removing = within.add_parser(
        "erase",
        help="erase a person",
        description="Say what is kept of a person, and erase it with --yes. It cannot be undone. The server may run "
        "meanwhile; of a site, the archive, the workers and a projector have to.",
    )
    removing.add_argument("learner", help="the learner's id, as `milepost person find` says it")
    removing.add_argument("--yes", action="store_true", help="erase; without this nothing is erased")
    removing.set_defaults(run=erase)
    removing.add_argument(
        "--wait",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="a site: how long until all records have heard of it",
    )
    add_kafka(removing)
    for parser in (finding, removing):
        add_tenant(parser)
        add_database(parser)
        add_moment(parser)


def find(chosen: argparse.Namespace) -> int:
    """Say who is meant."""
    from milepost.store import tracing

    with database_of(chosen) as database, database.reading() as connection:
        found = tracing.find(connection, chosen.tenant, chosen.text)
    rows = [(each.learner, each.standing, each.name, each.mail, each.named) for each in found]
    print(table([("LEARNER", "STANDING", "NAME", "MAIL", "IDENTIFIER"), *rows]) if rows else "Nobody is known by that.")
    return 0


def erase(chosen: argparse.Namespace) -> int:
    """Say what is kept of a person, and erase it if that was asked for."""
    is_one_process = settings_of(chosen).kafka is None
    opened, erase_all = (database_of_one_process, _erase) if is_one_process else (database_of, _erase_on_site)
    with opened(chosen) as database:
        found = erase_all(database, chosen) if chosen.yes else _look(database, chosen)
    if found.is_erased:
        print("This person is erased: seats and presence of nobody are all that is left.")
        return 0
    if not found.identifiers:
        raise NotDone(f"there is no learner {chosen.learner!r}; `milepost person find` says who is who")
    print(table([("WHAT", "ERASED" if chosen.yes else "THERE IS"), *_counted(found)]))
    print(f"{found.stays} facts of seats and presence stay with their sessions, without a person.")
    if found.naming:
        print(f"{found.naming} statements and documents of others name this person, and stay as they are.")
    if not chosen.yes:
        print("Nothing was erased; --yes does that, and nobody can undo it.")
    return 0


def _look(database: Database, chosen: argparse.Namespace) -> Traces:
    from milepost.store import tracing

    with database.reading() as connection:
        return tracing.traces(connection, chosen.tenant, chosen.learner)


def _erase(database: Database, chosen: argparse.Namespace) -> Traces:
    from milepost.runtimes import erasing
    from milepost.store.erasing import NotRead

    try:
        found = erasing.erase(database, chosen.tenant, chosen.learner, at=moment_of(chosen))
        erasing.clear_free_room(database)  # also of what was erased by a command that was killed before it came to this
    except NotRead as error:
        raise NotDone(str(error)) from error
    except erasing.NotCleared as error:
        raise NotDone(f"the person is erased, but {error}; stop the server and run VACUUM on the file") from error
    return found


def _erase_on_site(database: Database, chosen: argparse.Namespace) -> Traces:
    from milepost.broker.failing import BrokerError
    from milepost.runtimes import erasing_on_site

    try:
        return erasing_on_site.erase(
            settings_of(chosen),
            database,
            chosen.tenant,
            chosen.learner,
            at=moment_of(chosen),
            most_seconds=chosen.wait,
        )
    except (BrokerError, erasing_on_site.StillUnderWay) as error:
        raise NotDone(str(error)) from error


def _counted(found: Traces) -> Sequence[tuple[str, str]]:
    return [(what, str(count)) for what, count in found.counts.items()]
