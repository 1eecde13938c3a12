"""`milepost account ...`: who may use the pages, of which tenant, and whether they may act or only read."""

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from milepost.cli.telling import Commands, NotDone, add_database, add_moment, database_of, moment_of, table
from milepost.store import accounts, audit
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import to_text
from milepost_schemas.submissions import Deed

Run = Callable[[argparse.Namespace], int]


def add_to(commands: Commands) -> None:
    """Add the commands."""
    group = commands.add_parser("account", help="say who may use the pages")
    within: Commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    adding = _add_named(within, "add", add, "add an account, and ask for its password")
    adding.add_argument("--role", required=True, choices=accounts.ROLES, help="a coordinator may act, a viewer read")
    adding.add_argument("--tenant", default=DEFAULT, help="whose pages it sees (default: default)")
    adding.add_argument(
        "--key", action="store_true", help="for a script: a key in place of a password; it is printed once"
    )
    _add_password(adding)
    _add(within, "list", show, "show the accounts")
    _add_password(_add_named(within, "password", set_password, "set a password, and sign the account out everywhere"))
    keying = _add_named(within, "key", key, "print a new key, by which a script uses the account; an earlier one ends")
    keying.add_argument("--end", action="store_true", help="end the key, and make none")
    _add_named(within, "disable", disable, "let an account in no more, and sign it out everywhere")
    _add_named(within, "enable", enable, "let an account in again")


def add(chosen: argparse.Namespace) -> int:
    """Add an account."""
    password = None if chosen.key else _read_password(chosen)
    with database_of(chosen) as database, database.writing() as connection:
        at = moment_of(chosen)
        made = accounts.add(connection, chosen.name, role=chosen.role, tenant=chosen.tenant, password=password, at=at)
        key = accounts.new_key(connection, made.name) if chosen.key else None
        _note(connection, made, "added_account", chosen)
    if key is None:
        print(f"{made.name} can sign in, as a {made.role} of {made.tenant}.")
        return 0
    return _print_key(key)


def show(chosen: argparse.Namespace) -> int:
    """Show the accounts."""
    rows = [("NAME", "TENANT", "ROLE", "PASSWORD", "KEY", "SINCE", "DISABLED")]
    with database_of(chosen) as database, database.reading() as connection:
        for each in accounts.every(connection):
            ended = "" if each.disabled_at is None else to_text(each.disabled_at)[:10]
            proofs = ("yes" if each.has_password else "no", "yes" if each.has_key else "no")
            rows.append((each.name, each.tenant, each.role, *proofs, to_text(each.created_at)[:10], ended))
    print(table(rows) if len(rows) > 1 else "No account yet. `milepost account add NAME --role coordinator` adds one.")
    return 0


def set_password(chosen: argparse.Namespace) -> int:
    """Set a password."""
    with database_of(chosen) as database:
        with database.reading() as connection:
            account = accounts.get(connection, chosen.name)
        password = _read_password(chosen)
        with database.writing() as connection:
            accounts.set_password(connection, account.name, password)
            _note(connection, account, "set_password", chosen)
    print(f"The password of {account.name} is set, and it is signed out everywhere.")
    return 0


def key(chosen: argparse.Namespace) -> int:
    """Make a key, or end the one that there is."""
    with database_of(chosen) as database, database.writing() as connection:
        account = accounts.get(connection, chosen.name)
        if chosen.end:
            accounts.end_key(connection, account.name)
        made = None if chosen.end else accounts.new_key(connection, account.name)
        _note(connection, account, "ended_key" if chosen.end else "made_key", chosen)
    if made is not None:
        return _print_key(made)
    print(f"The key of {account.name} works no more.")
    return 0


def disable(chosen: argparse.Namespace) -> int:
    """Let an account in no more."""
    with database_of(chosen) as database, database.writing() as connection:
        account = accounts.get(connection, chosen.name)
        accounts.disable(connection, account.name, at=moment_of(chosen))
        _note(connection, account, "disabled_account", chosen)
    print(f"{account.name} gets in no more, and is signed out everywhere.")
    return 0


def enable(chosen: argparse.Namespace) -> int:
    """Let an account in again."""
    with database_of(chosen) as database, database.writing() as connection:
        account = accounts.get(connection, chosen.name)
        accounts.enable(connection, account.name)
        _note(connection, account, "enabled_account", chosen)
    print(f"{account.name} gets in again.")
    return 0


def _add(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = within.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    add_database(parser)
    add_moment(parser)
    parser.set_defaults(run=run)
    return parser


def _add_named(within: Commands, name: str, run: Run, help: str) -> argparse.ArgumentParser:
    parser = _add(within, name, run, help)
    parser.add_argument("name", help="the account")
    return parser


def _add_password(parser: argparse.ArgumentParser) -> None:
    help = "file with the password; - reads it from standard input (default: ask for it)"
    parser.add_argument("--password-file", metavar="FILE", help=help)


def _read_password(chosen: argparse.Namespace) -> str:
    if chosen.password_file is not None:
        return _read(chosen.password_file).strip("\r\n")
    if not sys.stdin.isatty():
        raise NotDone("nobody is here to be asked for the password; name a file with it by --password-file")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise NotDone("the two differ; nothing was changed")
    return password


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise NotDone(f"the password cannot be read: {error}") from error


def _print_key(key: str) -> int:
    print(key)
    print("This key is shown once; a script sends it as `Authorization: Bearer ...`.", file=sys.stderr)
    return 0


def _note(connection: Connection, account: accounts.Account, what: str, chosen: argparse.Namespace) -> None:
    deed = Deed(account=None, what=what, subject=account.name, details={"by": "the command line"})
    audit.write(connection, account.tenant, deed, at=moment_of(chosen))
