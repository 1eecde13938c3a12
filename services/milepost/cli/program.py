"""`milepost program ...`: check a program file, publish a version of it."""

import argparse
import sys
from pathlib import Path

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, database_of, moment_of
from milepost.programs import Definition, ProgramRefused, list_programs, load_program, shipped_program
from milepost.store.publishing import Published, PublishedBefore, VersionTaken, publish
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import to_text
from milepost_schemas.messages import ProgramPublished


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("program", help="check and publish programs")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shipped = f"a program file, or the name of a shipped one ({', '.join(list_programs())})"
    checking = within.add_parser("check", help="say what is wrong with program files")
    checking.add_argument("files", nargs="+", metavar="FILE", help=shipped)
    checking.set_defaults(run=check)
    publishing = within.add_parser("publish", help="publish a version of a program, for good")
    publishing.add_argument("file", metavar="FILE", help=shipped)
    add_database(publishing)
    add_moment(publishing)
    publishing.set_defaults(run=publish_file)


def check(chosen: argparse.Namespace) -> int:
    """Say of each file whether it is sound, and if not, every problem."""
    refused = 0
    for name in chosen.files:
        try:
            definition = _read(name)
        except ProgramRefused as error:
            refused += 1
            print(error, file=sys.stderr)
        else:
            print(f"{name}: {definition['program']} version {definition['version']} is sound.")
    return 1 if refused else 0


def publish_file(chosen: argparse.Namespace) -> int:
    """Publish a version; the same again is fine, another under its number is not."""
    definition = _read(chosen.file)
    program = ProgramPublished(
        tenant=DEFAULT,
        program=definition["program"],
        version=definition["version"],
        published_at=moment_of(chosen),
        definition=dict(definition),
    )
    title = f"{program.program} version {program.version}"
    with database_of(chosen) as database, database.writing() as connection:
        match publish(connection, program):
            case Published():
                print(f"{title} is published.")
            case PublishedBefore(published_at):
                print(f"{title} is published since {to_text(published_at)}, and the same.")
            case VersionTaken(highest):
                raise NotDone(
                    f"{title} is published already and reads differently, and a published version never changes; "
                    f"give this one `version: {highest + 1}`"
                )
    return 0


def _read(name: str) -> Definition:
    path = shipped_program(name) if name in list_programs() and not Path(name).exists() else Path(name)
    return load_program(path)
