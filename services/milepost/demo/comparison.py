"""Comparing what was acknowledged with what a site has: what it promised to keep must be there, and be shown."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select
from sqlalchemy.exc import SQLAlchemyError

from milepost.clock import Clock
from milepost.demo.journal import Entry
from milepost.demo.learner import PROGRAM
from milepost.sources.xapi import address_identifier
from milepost.store import recording
from milepost.store.chunks import chunks
from milepost.store.database import Database
from milepost.store.tables import accepted, kept, shown
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import SECOND, to_text

PATIENCE_SECONDS = 120
"""For so long a site may take to move its clock past what it acknowledged."""

SHOWN_WITHIN_SECONDS = 15
"""Pages follow the clock by a moment."""

LOOK_EVERY_SECONDS = 1.0
NAMED = 5
"""How many of what is missing are named."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Statements and facts by their ids, learners of the demo's program by their addresses."""

    statements: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    learners: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return bool(self.statements or self.facts or self.learners)

    def __str__(self) -> str:
        """Return the numbers, for people."""
        return f"{len(self.statements)} statements, {len(self.facts)} facts and {len(self.learners)} learners"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What of it is missing. `is_caught_up` says that the site claims to have taken in all that it acknowledged."""

    promised: Kept
    missing: Kept
    is_caught_up: bool
    as_of: int | None


def promised(entries: Iterable[Entry]) -> Kept:
    """Return what a site must have: all of what it acknowledged, whatever came twice being one."""
    every = list(entries)
    return Kept(
        statements=frozenset(one for entry in every for one in entry.statements),
        facts=frozenset(one for entry in every for one in entry.facts),
        learners=frozenset(entry.enrolled for entry in every if entry.enrolled is not None),
    )


def missing(connection: Connection, of: Kept) -> Kept:
    """Return what of it the database does not have, or the program's page does not show."""
    statements, facts = accepted.statements, kept.facts
    return Kept(
        statements=of.statements - _found(connection, statements, statements.c.statement_id, of.statements),
        facts=of.facts - _found(connection, facts, facts.c.fact_id, of.facts),
        learners=of.learners - _learners_shown(connection, of.learners),
    )


def compare(database: Database, of: Kept, clock: Clock, *, wait: Callable[[float], bool]) -> Outcome:
    """Return what is missing, as soon as nothing is, or once the site has caught up; `wait` says True to end it.

    Raise SQLAlchemyError where the database does not answer.
    """
    now, given_up_at = clock.now(), time.monotonic() + PATIENCE_SECONDS
    while True:
        is_last = time.monotonic() >= given_up_at
        outcome = _look(database, of, now, is_last=is_last)
        if outcome is not None:
            if is_last or not outcome.missing:
                return outcome
            if outcome.is_caught_up:
                given_up_at = min(given_up_at, time.monotonic() + SHOWN_WITHIN_SECONDS)
        if wait(LOOK_EVERY_SECONDS):
            given_up_at = time.monotonic()


def _look(database: Database, of: Kept, now: int, *, is_last: bool) -> Outcome | None:
    """Return how it stands; nothing while the database does not answer, unless this is the last look."""
    try:
        with database.reading() as connection:
            as_of = recording.ticked_at(connection, DEFAULT)
            return Outcome(of, missing(connection, of), as_of is not None and as_of >= now, as_of)
    except SQLAlchemyError:
        if is_last:
            raise
        return None


def told(outcome: Outcome) -> str:
    """Return the outcome in one line."""
    if not outcome.missing:
        return f"Nothing is missing: the site has all {outcome.promised} that it acknowledged."
    lacks = f"{outcome.missing} of the {outcome.promised} that it acknowledged"
    if not outcome.is_caught_up:
        as_of = "never" if outcome.as_of is None else f"last at {to_text(outcome.as_of // SECOND * SECOND)}"
        return f"The site has not caught up (its clock moved {as_of}): {lacks} are not there yet; look again later."
    return f"MISSING although the site has caught up: {lacks}: {', '.join(_named(outcome.missing))}."


def _named(lacks: Kept) -> Sequence[str]:
    every = [*sorted(lacks.statements), *sorted(lacks.facts), *sorted(lacks.learners)]
    return [*every[:NAMED], *([f"and {len(every) - NAMED} more"] if len(every) > NAMED else [])]


def _found(connection: Connection, table: Table, column: ColumnElement[Any], ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(sorted(ids)):
        query = select(column).where(table.c.tenant == DEFAULT, column.in_(some))
        found.update(connection.execute(query).scalars())
    return found


def _learners_shown(connection: Connection, addresses: Collection[str]) -> set[str]:
    """Return those of these addresses whose learner has a line on the page of the demo's program."""
    by_identifier = {address_identifier(address): address for address in addresses}
    identifiers, people, journeys = accepted.identifiers, accepted.people, shown.journeys
    query = (
        select(people.c.identifier)
        .join(identifiers, (identifiers.c.tenant == people.c.tenant) & (identifiers.c.actor == people.c.actor))
        .join(journeys, (journeys.c.tenant == people.c.tenant) & (journeys.c.learner == identifiers.c.learner))
        .where(people.c.tenant == DEFAULT, journeys.c.program == PROGRAM)
    )
    every = connection.execute(query).scalars()
    return {by_identifier[identifier] for identifier in every if identifier in by_identifier}
