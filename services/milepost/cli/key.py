"""`milepost key ...`: the server key, and what to do when it is lost."""

import argparse
import shlex

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, database_of, moment_of, settings_of


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("key", help="the server key, and what to do when it is lost")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    replacing = within.add_parser(
        "replace",
        help="go on under another server key, when the first one is lost or known to others",
        description="Go on under the server key that lies where the settings say; where none lies there, a new one is "
        "made. Every access key and webhook secret ends, so each source needs new ones; people are met anew until "
        "somebody links them. Nothing else is lost. Stop the server first.",
    )
    add_database(replacing)
    add_moment(replacing)
    replacing.set_defaults(run=replace)


def replace(chosen: argparse.Namespace) -> int:
    """Go on under another server key, and name the sources that need new ones."""
    from milepost.runtimes.bootstrap import vault_of
    from milepost.store import server_key, sources, tenants

    vault = vault_of(settings_of(chosen))
    with database_of(chosen) as database, database.writing() as connection:
        if server_key.fits(connection, vault):
            raise NotDone(
                "this is the server key that the database was written under, so nothing has to be replaced; where "
                "others know it, move its file away first, and a new one is made"
            )
        server_key.replace(connection, vault, at=moment_of(chosen))
        found = {tenant: sources.every(connection, tenant) for tenant in tenants.every(connection)}
    print("This server key counts from now on, and no key of a source works any more.")
    for tenant, all_of_it in found.items():
        whose = "" if tenant == tenants.DEFAULT else f" --tenant {tenant}"
        for source in all_of_it:
            print(f"milepost source rotate {shlex.quote(source.name)}{whose}")
    return 0
