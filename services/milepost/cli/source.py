"""`milepost source ...`: who may report, with which keys, and what came from them."""

import argparse
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from milepost.cli.telling import (
    Commands,
    NotDone,
    add_database,
    add_moment,
    add_tenant,
    database_of,
    moment_of,
    settings_of,
    table,
)
from milepost.console.moments import count
from milepost.store import log, sources, tailing, tenants
from milepost.store.sources import Source
from milepost.store.tailing import Came
from milepost.store.vault import Vault
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared
from milepost_schemas.instants import to_text

RHYTHM = re.compile(r"([1-9][0-9]{0,5})(m|h|d)")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
HABITS = ("rhythm", "settling", "lateness")
FOLLOWED_EVERY_SECONDS = 1.0

Run = Callable[[argparse.Namespace], int]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("source", help="add the systems that report, and manage their keys")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    adding = _add(within, "add", add, "add a source, and print its key: once")
    adding.add_argument("name", help="what programs and schedules call it, e.g. lms")
    adding.add_argument("--kind", required=True, choices=sources.KINDS, help="what kind of system it is")
    _add_habits(adding)
    _add_secret(adding)
    _add_habits(
        _add_named(within, "declare", declare, "say anew how often it reports; what is not said stays as it is")
    )
    resident = _add_named(
        within, "devices", set_devices, "say which room devices sit in its meetings: nobody attends as one"
    )
    resident.add_argument(
        "devices", nargs="*", metavar="DEVICE", help="each by its name, mail address or id; none: no device"
    )
    _add(within, "list", show, "show the sources and their keys")
    _add_named(within, "rotate", rotate, "print a second key; the first works until it is revoked")
    revoking = _add_named(within, "revoke", revoke, "end a key")
    revoking.add_argument("hint", help="the beginning of the key, as `milepost source list` shows it")
    signing = _add_named(within, "secret", set_secret, "set what signs a source's webhooks; the one before works on")
    which = signing.add_mutually_exclusive_group(required=True)
    _add_secret(which)
    which.add_argument("--end-former", action="store_true", help="end the one before")
    tailing_ = _add_named(within, "tail", tail, "show what came last from a source, and what became of it")
    tailing_.add_argument("--lines", type=int, default=20, metavar="N", help="how many (default: 20)")
    tailing_.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    tailing_.add_argument("--bodies", action="store_true", help="also show the messages themselves: personal data")
    _add_named(within, "import-began", import_began, "conclude nothing from silence while it delivers its past")
    _add_named(within, "import-finished", import_finished, "its past is delivered")


def add(chosen: argparse.Namespace) -> int:
    """Add a source and print its key."""
    declared = _declared(chosen, _name(chosen.name), chosen.kind)
    secret = _read_secret(chosen)
    with database_of(chosen) as database, database.writing() as connection:
        tenants.require(connection, chosen.tenant)
        vault = _vault(chosen, connection)
        key = sources.add(connection, vault, declared)
        if secret is not None:
            sources.set_secret(connection, vault, chosen.tenant, chosen.name, secret)
    print(key)
    print("This key is shown once; give it to the source.", file=sys.stderr)
    return 0


def declare(chosen: argparse.Namespace) -> int:
    """Say anew how often a source reports."""
    with database_of(chosen) as database, database.writing() as connection:
        source = sources.get(connection, chosen.tenant, chosen.name)
        if all(getattr(chosen, habit) is None for habit in HABITS):
            raise NotDone(f"say --rhythm, --settling or --lateness; now {_habits(source)}")
        sources.declare(connection, _declared_anew(chosen, source))
        said = _habits(sources.get(connection, chosen.tenant, chosen.name))
    print(f"{source.name}: {said}.")
    return 0


def set_devices(chosen: argparse.Namespace) -> int:
    """Say which room devices sit in the meetings of a source."""
    with database_of(chosen) as database, database.writing() as connection:
        sources.set_devices(connection, chosen.tenant, chosen.name, chosen.devices)
    print(f"Nobody attends meetings of {chosen.name} as one of: {', '.join(chosen.devices) or 'no device at all'}.")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show the sources and their keys."""
    rows = [("NAME", "KIND", "RHYTHM", "SECRET", "KEYS", "ROOM DEVICES")]
    with database_of(chosen) as database, database.reading() as connection:
        tenants.require(connection, chosen.tenant)
        for source in sources.every(connection, chosen.tenant):
            keys = sources.keys(connection, chosen.tenant, source.name)
            working = ", ".join(key.hint for key in keys if key.revoked_at is None) or "none"
            secret, devices = "yes" if source.has_secret else "no", ", ".join(source.devices) or "none"
            rhythm = "none" if source.rhythm is None else _time(source.rhythm)
            rows.append((source.name, source.kind, rhythm, secret, working, devices))
    print(table(rows) if len(rows) > 1 else "No source yet. `milepost source add NAME --kind KIND` adds one.")
    return 0


def rotate(chosen: argparse.Namespace) -> int:
    """Print a second key."""
    with database_of(chosen) as database, database.writing() as connection:
        print(sources.rotate(connection, _vault(chosen, connection), chosen.tenant, chosen.name, at=moment_of(chosen)))
    return 0


def revoke(chosen: argparse.Namespace) -> int:
    """End a key."""
    with database_of(chosen) as database, database.writing() as connection:
        sources.revoke(connection, chosen.tenant, chosen.name, chosen.hint, at=moment_of(chosen))
    print(f"The key {chosen.hint}... of {chosen.name} works no more.")
    return 0


def set_secret(chosen: argparse.Namespace) -> int:
    """Keep what signs the webhooks of a source, or end what signed them before."""
    if chosen.end_former:
        with database_of(chosen) as database, database.writing() as connection:
            sources.end_former_secret(connection, chosen.tenant, chosen.name)
        print(f"The former secret of {chosen.name} signs nothing any more.")
        return 0
    secret = _read_secret(chosen)
    with database_of(chosen) as database, database.writing() as connection:
        sources.set_secret(connection, _vault(chosen, connection), chosen.tenant, chosen.name, secret or "")
    print(f"The secret of {chosen.name} is set.")
    return 0


def tail(chosen: argparse.Namespace) -> int:
    """Show what came last."""
    after, limit = 0, chosen.lines
    with database_of(chosen) as database:
        with database.reading() as connection:
            sources.get(connection, chosen.tenant, chosen.name)
        while True:
            with database.reading() as connection:
                came = tailing.last(connection, chosen.tenant, chosen.name, after=after, limit=limit)
            for each in came:
                print(line(each, bodies=chosen.bodies), flush=True)
            after, limit = (came[-1].number if came else after), 1000
            if not chosen.follow:
                return 0
            time.sleep(FOLLOWED_EVERY_SECONDS)


def line(came: Came, *, bodies: bool) -> str:
    """Return what is told of a request: when it came, what it brought, and what followed from it."""
    brought = f"{count(came.parts, _part_of(came.route))}, {count(came.messages, 'message')} in the log"
    what = came.outcome if came.outcome == "refused" else brought
    line = f"{to_text(came.received_at)}  {came.route}  {what}" + (f"  {came.reason}" if came.reason else "")
    return f"{line}\n{came.body.decode('utf-8', 'replace')}" if bodies else line


def import_began(chosen: argparse.Namespace) -> int:
    """Conclude nothing from silence while a source delivers its past."""
    return _log(chosen, ImportBegan)


def import_finished(chosen: argparse.Namespace) -> int:
    """Conclude from silence again."""
    return _log(chosen, ImportFinished)


def _log(chosen: argparse.Namespace, kind: type[ImportBegan] | type[ImportFinished]) -> int:
    with database_of(chosen) as database, database.writing() as connection:
        sources.get(connection, chosen.tenant, chosen.name)
        at = moment_of(chosen)
        fact = kind(
            tenant=chosen.tenant,
            fact_id=f"import:{chosen.name}:{uuid4()}",
            source=chosen.name,
            occurred_at=at,
            recorded_at=at,
            received_at=at,
        )
        log.append(connection, log.Origin(tenant=chosen.tenant, received_at=at), [fact])
    print(f"Noted for {chosen.name}: {to_text(at)}.")
    return 0


def _add(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = within.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    add_database(parser)
    add_tenant(parser)
    add_moment(parser)
    parser.set_defaults(run=run)
    return parser


def _add_named(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = _add(within, name, run, help)
    parser.add_argument("name", help="the source")
    return parser


def _add_habits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rhythm",
        type=_rhythm,
        metavar="4h",
        help="its longest normal silence (30m, 4h, 2d), after which conclusions that it feeds wait; none: it may be "
        "silent, as at first",
    )
    parser.add_argument(
        "--settling", type=_minutes, metavar="90m", help="after an end marker, until all has come (at first 90m)"
    )
    parser.add_argument(
        "--lateness", type=_minutes, metavar="4h", help="after a session's end, until all has come (at first 4h)"
    )


def _declared(chosen: argparse.Namespace, name: str, kind: str, **before: int | None) -> SourceDeclared:
    """Return what is said of a source; of what is not said, what held `before`, or else what holds of any."""
    at = moment_of(chosen)
    said = {habit: getattr(chosen, habit) for habit in HABITS if getattr(chosen, habit) is not None}
    habits: dict[str, Any] = {**before, **said}
    return SourceDeclared(
        tenant=chosen.tenant,
        fact_id=f"declared:{name}:{uuid4()}",
        source=name,
        occurred_at=at,
        recorded_at=at,
        received_at=at,
        kind=kind,
        **{**habits, "rhythm": habits.get("rhythm") or None},
    )


def _declared_anew(chosen: argparse.Namespace, source: Source) -> SourceDeclared:
    before = {habit: getattr(source, habit) for habit in HABITS}
    return _declared(chosen, source.name, source.kind, **before)


def _habits(source: Source) -> str:
    """Return in words how often a source reports, and how late."""
    rhythm = "it may be silent" if source.rhythm is None else f"it is silent for {_time(source.rhythm)} at most"
    return (
        f"{rhythm}; all has come {_time(source.settling)} after an end marker, "
        f"and {_time(source.lateness)} after a session's end"
    )


def _time(minutes: int) -> str:
    """Return a time as it is said on the command line: 30m, 4h, 2d."""
    unit, size = next((unit, size) for unit, size in reversed(MINUTES.items()) if minutes % size == 0)
    return f"{minutes // size}{unit}"


def _add_secret(parser: argparse._ActionsContainer) -> None:
    help = "file with what signs its webhooks; - reads it from standard input"
    parser.add_argument("--secret-file", metavar="FILE", help=help)


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


def _vault(chosen: argparse.Namespace, connection: Connection) -> Vault:
    """Return the vault of the server key; raise OtherServerKey where the database was written under another."""
    from milepost.runtimes.bootstrap import vault_of
    from milepost.store import server_key

    vault = vault_of(settings_of(chosen))
    server_key.require(connection, vault, at=moment_of(chosen))
    return vault


def _name(name: str) -> str:
    if not re.fullmatch(r"[^\x00-\x1f\x7f/]{1,200}", name):
        raise NotDone(f"{name!r} cannot be the name of a source: 1 to 200 printable characters, and no slash")
    return name


def _rhythm(text: str) -> int:
    """Return a rhythm in minutes, 0 for none."""
    return 0 if text == "none" else _minutes(text)


def _minutes(text: str) -> int:
    found = RHYTHM.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30m, 4h or 2d")
    return int(found[1]) * MINUTES[found[2]]


def _part_of(route: str) -> str:
    """Return what a request to this route brings one or several of."""
    if route.startswith("/v1/facts"):
        return "fact"
    return "call" if route.startswith("/webhooks") else "statement"
