"""`milepost audit`: who saw whom on the pages, and who did what there."""

import argparse

from milepost.cli.telling import Commands, add_database, database_of, table
from milepost.store import audit
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import to_text


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "audit",
        help="show who saw whom on the pages, and who did what",
        description="Show the last lines of the audit log, the newest first. Those past MILEPOST_KEEP_AUDIT_DAYS are "
        "taken away by `milepost retention`.",
    )
    parser.add_argument("--tenant", default=DEFAULT, help="whose pages (default: default)")
    parser.add_argument("--account", default="", metavar="NAME", help="only what this account did")
    parser.add_argument("--what", default="", help="only this, e.g. saw_learner")
    parser.add_argument("--subject", default="", help="only about this learner, session or gap")
    parser.add_argument("--lines", type=int, default=50, metavar="N", help="how many (default: 50)")
    add_database(parser)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Show the last lines."""
    query = audit.AuditQuery(account=chosen.account, what=chosen.what, subject=chosen.subject, size=chosen.lines)
    rows = [("WHEN", "WHO", "WHAT", "ABOUT", "MORE")]
    with database_of(chosen) as database, database.reading() as connection:
        rows += [_row(line) for line in audit.read(connection, chosen.tenant, query)]
    print(table(rows) if len(rows) > 1 else "Nothing is on record.")
    return 0


def _row(line: audit.AuditLine) -> tuple[str, str, str, str, str]:
    more = ", ".join(f"{name}: {value}" for name, value in line.details.items())
    return to_text(line.at), line.account or "this machine", line.what, line.subject or "", more
