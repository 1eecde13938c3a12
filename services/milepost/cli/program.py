"""`milepost program ...`: check a program file, publish a version, list them, explain what one means for a learner."""

import argparse
import json
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, add_tenant, database_of, moment_of, table
from milepost.programs import Definition, ProgramRefused, list_programs, load_program, shipped_program
from milepost.store import sources, tenants
from milepost.store.publishing import Published, PublishedBefore, VersionTaken, publish, published
from milepost_schemas.instants import to_text
from milepost_schemas.messages import ProgramPublished

SHEET = "sheet"
"""What a channel names in place of a source where people fill in a list."""


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("program", help="check, publish, list and explain programs")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shipped = f"a program file, or the name of a shipped one ({', '.join(list_programs())})"
    checking = within.add_parser("check", help="say what is wrong with program files")
    checking.add_argument("files", nargs="+", metavar="FILE", help=shipped)
    checking.set_defaults(run=check)
    publishing = within.add_parser("publish", help="publish a version of a program, for good")
    publishing.add_argument("file", metavar="FILE", help=shipped)
    add_database(publishing)
    add_tenant(publishing)
    add_moment(publishing)
    publishing.set_defaults(run=publish_file)
    listing = within.add_parser("list", help="show what is published, and since when")
    add_database(listing)
    add_tenant(listing)
    listing.set_defaults(run=show)
    explaining = within.add_parser(
        "explain",
        help="print the calendar of one imagined learner: what is expected when, what is told if nothing is done",
    )
    explaining.add_argument("file", metavar="FILE", help=shipped)
    explaining.add_argument("--enrolled", metavar="DATE", required=True, help="a date, or '2027-03-01 14:00'")
    explaining.add_argument("--zone", metavar="ZONE", help="the learner's time zone (default: the program's)")
    explaining.add_argument(
        "--session",
        metavar="WHEN",
        action="append",
        default=[],
        help="a session that the learner is booked for: [STEP=]'2027-03-20 10:00/60min'; give it again for more parts",
    )
    explaining.add_argument("--json", action="store_true", help="print JSON")
    explaining.set_defaults(run=explain_file)


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
        tenant=chosen.tenant,
        program=definition["program"],
        version=definition["version"],
        published_at=moment_of(chosen),
        definition=dict(definition),
    )
    title = f"{program.program} version {program.version}"
    with database_of(chosen) as database, database.writing() as connection:
        tenants.require(connection, chosen.tenant)
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
        for said in _missing(definition, [source.name for source in sources.every(connection, chosen.tenant)]):
            print(said)
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show every version that is published."""
    rows = [("PROGRAM", "VERSION", "PUBLISHED")]
    with database_of(chosen) as database, database.reading() as connection:
        tenants.require(connection, chosen.tenant)
        for each in published(connection, chosen.tenant):
            rows.append((each.program, str(each.version), to_text(each.published_at)))
    print(table(rows) if len(rows) > 1 else "No program yet. `milepost program publish FILE` publishes one.")
    return 0


def explain_file(chosen: argparse.Namespace) -> int:
    """Print the calendar of one imagined learner."""
    from milepost.stories.asked import read_enrolled, read_sessions, read_zone
    from milepost.stories.explaining import as_json, explain
    from milepost.stories.imagining import imagine

    definition = _read(chosen.file)
    zone = read_zone(chosen.zone)
    enrolled_at = read_enrolled(chosen.enrolled, definition, zone)
    imagined = imagine(definition, enrolled_at, zone, read_sessions(chosen.session, definition, enrolled_at))
    print(json.dumps(as_json(imagined), indent=2) if chosen.json else explain(imagined, definition).rstrip())
    return 0


def _missing(definition: Definition, present: list[str]) -> Iterator[str]:
    """Yield a sentence for each source that a program waits for and that nobody has added, which may be a slip."""
    for name in sorted(_reporters(definition) - {*present, SHEET}):
        close = get_close_matches(name, present, 1)
        wish = f"; did you mean {close[0]}?" if close else "."
        yield f"There is no source {name!r} yet{wish} Until `milepost source add {name}`, nothing comes from it."


def _reporters(definition: Definition) -> set[str]:
    """Return the sources that a program names: of evidence, and of channels."""
    steps = definition["steps"]
    evidence = {step["evidence"]["source"] for step in steps if step.get("evidence")}
    return evidence | {source for step in steps for source in (step.get("channels") or {}).values()}


def _read(name: str) -> Definition:
    path = shipped_program(name) if name in list_programs() and not Path(name).exists() else Path(name)
    try:
        return load_program(path)
    except OSError as error:
        shipped = ", ".join(list_programs())
        raise NotDone(
            f"{name} cannot be read ({error.strerror}); write a file, or a shipped program: {shipped}"
        ) from error
