"""What the commands say to people, and the database that they say it about."""

import argparse
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from milepost.clock import SystemClock
from milepost.settings import Settings
from milepost.store.database import Database
from milepost_schemas.instants import from_text

ALIKE = 0.89
"""From how much on two names are alike: MILEPOST_KAFAK is one for the other, MILEPOST_KAFKA_JARS is not."""


class NotDone(Exception):
    """What a person asked for cannot be done; the message says why, and what can."""


class Commands(Protocol):
    """What a group adds its commands to."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Return a new command's parser."""
        ...


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add `--database`, which goes over MILEPOST_DATABASE."""
    parser.add_argument("--database", metavar="PATH", help="SQLite file or database URL (default: milepost.db)")


def add_kafka(parser: argparse.ArgumentParser) -> None:
    """Add `--kafka` and `--topic-prefix`, which go over MILEPOST_KAFKA and MILEPOST_TOPIC_PREFIX."""
    parser.add_argument("--kafka", metavar="ADDRESSES", help="the addresses of Kafka, e.g. kafka-1:9092,kafka-2:9092")
    parser.add_argument("--topic-prefix", metavar="TEXT", help="what names of topics begin with (default: milepost.)")


def add_moment(parser: argparse.ArgumentParser) -> None:
    """Add `--at`, for a database whose server runs on a manual clock."""
    parser.add_argument("--at", metavar="INSTANT", help="the moment to write, for a server with a manual clock")


def add_tenant(parser: argparse.ArgumentParser) -> None:
    """Add `--tenant`, for an installation of more than one organization."""
    parser.add_argument("--tenant", default="default", metavar="NAME", help="whose it is (default: default)")


def settings_of(chosen: argparse.Namespace) -> Settings:
    """Return the settings of the environment, with what was said on the command line over them.

    Raise NotDone where one of them is impossible, or misspelled; it names the option or the variable, and not what
    stands there.
    """
    _require_known(os.environ)
    said = {name: value for name, value in vars(chosen).items() if name in Settings.model_fields and value is not None}
    try:
        return Settings(**said)
    except ValidationError as error:
        raise NotDone("; ".join(_impossible(each, said) for each in error.errors(include_input=False))) from error


def _require_known(environment: Iterable[str]) -> None:
    """Raise NotDone where a variable is no setting, but looks much like one; others may be of something else."""
    known = [f"MILEPOST_{name.upper()}" for name in Settings.model_fields]
    for name in sorted(each for each in environment if each.startswith("MILEPOST_")):
        meant = get_close_matches(name, known, n=1, cutoff=ALIKE)
        if name not in known and meant:
            raise NotDone(f"{name} is no setting; did you mean {meant[0]}?")


def _impossible(each: ErrorDetails, said: Container[str]) -> str:
    name = str(each["loc"][0])
    called = f"--{name.replace('_', '-')}" if name in said else f"MILEPOST_{name.upper()}"
    said_of_it = each["msg"].removeprefix("Value error, ")
    return f"{called} {said_of_it.replace('Input should', 'must').replace('String should', 'must')}"


@contextmanager
def database_of(chosen: argparse.Namespace) -> Iterator[Database]:
    """Open the database that was named; raise NotDone where that is impossible."""
    from milepost.runtimes.bootstrap import NotStarted, open_database, opening
    from milepost.store import tenants

    settings = settings_of(chosen)
    try:
        database = open_database(settings)
        with opening(database, settings), database.writing() as connection:
            tenants.open_tenant(connection, tenants.DEFAULT, at=moment_of(chosen))
    except NotStarted as error:
        raise NotDone(str(error)) from error
    try:
        yield database
    finally:
        database.close()


@contextmanager
def database_of_one_process(chosen: argparse.Namespace) -> Iterator[Database]:
    """Open the database that was named, of `milepost serve`; raise NotDone where it is a site's."""
    from milepost.runtimes.bootstrap import NotStarted, require_one_process

    with database_of(chosen) as database:
        try:
            require_one_process(database)
        except NotStarted as error:
            raise NotDone(str(error)) from error
        yield database


def moment_of(chosen: argparse.Namespace) -> int:
    """Return the moment that was named, else now."""
    at = getattr(chosen, "at", None)
    return SystemClock().now() if at is None else from_text(at)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in aligned columns, the first as headings."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)
