"""`milepost source ...`: who may report, with which keys, and what came from them."""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, database_of, moment_of, settings_of, table
from milepost.store import log, sources, tailing
from milepost.store.tailing import Came
from milepost.store.tenants import DEFAULT
from milepost.store.vault import Vault
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared
from milepost_schemas.instants import to_text

RHYTHM = re.compile(r"([1-9][0-9]{0,5})(m|h|d)")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
FOLLOWED_EVERY_SECONDS = 1.0

Run = Callable[[argparse.Namespace], int]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("source", help="add the systems that report, and manage their keys")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    adding = _add(within, "add", add, "add a source, and print its key: once")
    adding.add_argument("name", help="what programs and schedules call it, e.g. lms")
    adding.add_argument("--kind", required=True, choices=sources.KINDS, help="what kind of system it is")
    adding.add_argument(
        "--rhythm", type=_minutes, metavar="4h", help="its longest normal silence (30m, 4h, 2d); none: it may be silent"
    )
    adding.add_argument("--settling", type=_minutes, metavar="90m", help="after an end marker, until all has come")
    adding.add_argument("--lateness", type=_minutes, metavar="4h", help="after a session's end, until all has come")
    _add_secret(adding, required=False)
    _add(within, "list", show, "show the sources and their keys")
    _add_named(within, "rotate", rotate, "print a second key; the first works until it is revoked")
    revoking = _add_named(within, "revoke", revoke, "end a key")
    revoking.add_argument("hint", help="the beginning of the key, as `milepost source list` shows it")
    _add_secret(_add_named(within, "secret", set_secret, "set what signs a source's webhooks"), required=True)
    tailing_ = _add_named(within, "tail", tail, "show what came last from a source, and what became of it")
    tailing_.add_argument("--lines", type=int, default=20, metavar="N", help="how many (default: 20)")
    tailing_.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    tailing_.add_argument("--bodies", action="store_true", help="also show the messages themselves: personal data")
    _add_named(within, "import-began", import_began, "conclude nothing from silence while it delivers its past")
    _add_named(within, "import-finished", import_finished, "its past is delivered")


def add(chosen: argparse.Namespace) -> int:
    """Add a source and print its key."""
    at = moment_of(chosen)
    said = {name: getattr(chosen, name) for name in ("settling", "lateness") if getattr(chosen, name) is not None}
    declared = SourceDeclared(
        tenant=DEFAULT,
        fact_id=f"declared:{chosen.name}:{uuid4()}",
        source=_name(chosen.name),
        occurred_at=at,
        recorded_at=at,
        received_at=at,
        kind=chosen.kind,
        rhythm=chosen.rhythm,
        **said,
    )
    secret = _read_secret(chosen)
    vault = _vault(chosen)
    with database_of(chosen) as database, database.writing() as connection:
        key = sources.add(connection, vault, declared)
        if secret is not None:
            sources.set_secret(connection, vault, DEFAULT, chosen.name, secret)
    print(key)
    print("This key is shown once; give it to the source.", file=sys.stderr)
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show the sources and their keys."""
    rows = [("NAME", "KIND", "SECRET", "KEYS")]
    with database_of(chosen) as database, database.reading() as connection:
        for source in sources.every(connection, DEFAULT):
            keys = sources.keys(connection, DEFAULT, source.name)
            working = ", ".join(key.hint for key in keys if key.revoked_at is None) or "none"
            rows.append((source.name, source.kind, "yes" if source.has_secret else "no", working))
    print(table(rows) if len(rows) > 1 else "No source yet. `milepost source add NAME --kind KIND` adds one.")
    return 0


def rotate(chosen: argparse.Namespace) -> int:
    """Print a second key."""
    with database_of(chosen) as database, database.writing() as connection:
        print(sources.rotate(connection, _vault(chosen), DEFAULT, chosen.name, at=moment_of(chosen)))
    return 0


def revoke(chosen: argparse.Namespace) -> int:
    """End a key."""
    with database_of(chosen) as database, database.writing() as connection:
        sources.revoke(connection, DEFAULT, chosen.name, chosen.hint, at=moment_of(chosen))
    print(f"The key {chosen.hint}... of {chosen.name} works no more.")
    return 0


def set_secret(chosen: argparse.Namespace) -> int:
    """Keep what signs the webhooks of a source."""
    secret = _read_secret(chosen)
    with database_of(chosen) as database, database.writing() as connection:
        sources.set_secret(connection, _vault(chosen), DEFAULT, chosen.name, secret or "")
    print(f"The secret of {chosen.name} is set.")
    return 0


def tail(chosen: argparse.Namespace) -> int:
    """Show what came last."""
    after, limit = 0, chosen.lines
    with database_of(chosen) as database:
        with database.reading() as connection:
            sources.get(connection, DEFAULT, chosen.name)
        while True:
            with database.reading() as connection:
                came = tailing.last(connection, DEFAULT, chosen.name, after=after, limit=limit)
            for each in came:
                print(_line(each, bodies=chosen.bodies), flush=True)
            after, limit = (came[-1].number if came else after), 1000
            if not chosen.follow:
                return 0
            time.sleep(FOLLOWED_EVERY_SECONDS)


def import_began(chosen: argparse.Namespace) -> int:
    """Conclude nothing from silence while a source delivers its past."""
    return _log(chosen, ImportBegan)


def import_finished(chosen: argparse.Namespace) -> int:
    """Conclude from silence again."""
    return _log(chosen, ImportFinished)


def _log(chosen: argparse.Namespace, kind: type[ImportBegan] | type[ImportFinished]) -> int:
    with database_of(chosen) as database, database.writing() as connection:
        sources.get(connection, DEFAULT, chosen.name)
        at = moment_of(chosen)
        fact = kind(
            tenant=DEFAULT,
            fact_id=f"import:{chosen.name}:{uuid4()}",
            source=chosen.name,
            occurred_at=at,
            recorded_at=at,
            received_at=at,
        )
        log.append(connection, log.Origin(tenant=DEFAULT, received_at=at), [fact])
    print(f"Noted for {chosen.name}: {to_text(at)}.")
    return 0


def _add(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = within.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    add_database(parser)
    add_moment(parser)
    parser.set_defaults(run=run)
    return parser


def _add_named(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = _add(within, name, run, help)
    parser.add_argument("name", help="the source")
    return parser


def _add_secret(parser: argparse.ArgumentParser, *, required: bool) -> None:
    help = "file with what signs its webhooks; - reads it from standard input"
    parser.add_argument("--secret-file", required=required, metavar="FILE", help=help)


def _read_secret(chosen: argparse.Namespace) -> str | None:
    if chosen.secret_file is None:
        return None
    try:
        text = _read(chosen.secret_file)
    except OSError as error:
        raise NotDone(f"the secret cannot be read: {error}") from error
    if not text.strip():
        raise NotDone(f"there is no secret in {chosen.secret_file}")
    return text.strip()


def _read(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


def _vault(chosen: argparse.Namespace) -> Vault:
    from milepost.runtimes.bootstrap import vault_of

    return vault_of(settings_of(chosen))


def _name(name: str) -> str:
    if not re.fullmatch(r"[^\x00-\x1f\x7f/]{1,200}", name):
        raise NotDone(f"{name!r} cannot be the name of a source: 1 to 200 printable characters, and no slash")
    return name


def _minutes(text: str) -> int:
    found = RHYTHM.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30m, 4h or 2d")
    return int(found[1]) * MINUTES[found[2]]


def _line(came: Came, *, bodies: bool) -> str:
    what = came.outcome if came.outcome == "refused" else f"{came.messages} messages"
    line = f"{to_text(came.received_at)}  {came.route}  {what}" + (f"  {came.reason}" if came.reason else "")
    return f"{line}\n{came.body.decode('utf-8', 'replace')}" if bodies else line
