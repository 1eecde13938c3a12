"""`milepost tenant ...`: the organizations that one installation tracks, each apart from the others."""

import argparse
import re

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, database_of, moment_of, table
from milepost_schemas.instants import to_text

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("tenant", help="track more than one organization, each apart from the others")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    adding = within.add_parser(
        "add",
        help="add an organization",
        description="Add an organization, which is tracked from now on. Its sources, programs and accounts are added "
        "with --tenant NAME, and nothing of it shows to any other.",
    )
    adding.add_argument("name", help="small letters, digits, - and _")
    adding.set_defaults(run=add)
    listing = within.add_parser("list", help="show the organizations, and since when each is tracked")
    listing.set_defaults(run=show)
    for parser in (adding, listing):
        add_database(parser)
        add_moment(parser)


def add(chosen: argparse.Namespace) -> int:
    """Add an organization."""
    from milepost.store import tenants

    if NAME.fullmatch(chosen.name) is None:
        raise NotDone(f"{chosen.name!r} cannot be the name of a tenant: use small letters, digits, - and _")
    with database_of(chosen) as database, database.writing() as connection:
        if chosen.name in tenants.every(connection):
            raise NotDone(f"there is a tenant {chosen.name!r} already")
        tenants.open_tenant(connection, chosen.name, at=moment_of(chosen))
    print(f"{chosen.name} is tracked from now on. Its Zoom calls /webhooks/zoom/{chosen.name}/SOURCE.")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show the organizations."""
    from milepost.store import tenants

    with database_of(chosen) as database, database.reading() as connection:
        names = tenants.every(connection)
        rows = [(name, to_text(tenants.tracking_from(connection, name))) for name in names]
    print(table([("NAME", "TRACKED FROM"), *rows]))
    return 0
