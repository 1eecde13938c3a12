"""Statements of one source, found by what they name and when they were stored (xAPI Comm 2.1.3).

Each statement stands in the index once for each of its terms. A query walks down the rows of its rarest term in the
order in which they were stored, and looks for each whether the other terms are there too: of the statements themselves
it reads those that it gives back.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    select,
    tuple_,
    values,
)

from milepost.sources.xapi.terms import ANY, Term, terms
from milepost.store import bulk
from milepost.store.among import rows_among
from milepost.store.chunks import chunks
from milepost.store.tables.accepted import statement_terms, statements
from milepost_schemas.submissions import Statement

MOST_CHARACTERS = 8 * 1024 * 1024
"""How much one page may hold; a statement that is larger still is a page of its own."""

INDEXED = 500
"""How many statements are held at once while all are indexed."""

LONGEST_REMEMBERED = 300

COUNTED = 1000
"""A term with as many statements as this is common; among these the order does not matter."""


class Place(NamedTuple):
    """Where a statement stands in the order of all that one source has sent."""

    stored_at: int
    statement_id: str


class Entry(NamedTuple):
    """A statement that is entered into the index."""

    tenant: str
    authority: str
    stored_at: int
    statement_id: str
    body: Statement


ENTRY = tuple(statements.c[name] for name in Entry._fields)


class Wanted(NamedTuple):
    """A term that each statement must have; named plainly, or anywhere."""

    term: Term
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for. `since` is exclusive and `until` inclusive; `after` is the last place of the page before."""

    tenant: str
    authority: str
    wanted: tuple[Wanted, ...] = (Wanted(ANY, plain=True),)
    since: int | None = None
    until: int | None = None
    ascending: bool = False
    limit: int
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Statements as JSON texts, and the place of the last one where there are more."""

    bodies: Sequence[str]
    last: Place | None


def index(connection: Connection, entries: Iterable[Entry]) -> None:
    """Enter statements under all of their terms; what else is kept by its id has no actor."""
    bulk.append(connection, statement_terms, list(_rows(entries)))


def forget(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> None:
    """Take statements that are still kept out of the index; another tenant's may have the same ids, and stay."""
    key = [statement_terms.c[name] == bindparam(f"of_{name}") for name in ("term", "stored_at", "statement_id")]
    for some in chunks(statement_ids):
        mine = (statements.c.tenant == tenant) & statements.c.statement_id.in_(some)
        found = connection.execute(select(*ENTRY).where(mine)).all()
        rows = [{f"of_{name}": value for name, value in row.items()} for row in _rows(map(_read_entry, found))]
        if rows:
            connection.execute(delete(statement_terms).where(*key), rows)


def index_all(connection: Connection) -> None:
    """Enter every statement that is kept into an empty index, some at a time."""
    key = (statements.c.tenant, statements.c.statement_id)
    rows = select(*ENTRY).order_by(*key).limit(INDEXED)
    found = connection.execute(rows).all()
    while found:
        index(connection, map(_read_entry, found))
        after = tuple_(found[-1].tenant, found[-1].statement_id)
        found = connection.execute(rows.where(tuple_(*key) > after)).all()


def find_page(connection: Connection, query: Query) -> Page:
    """Return the first statements after the query's place, voided ones left out, and whether there are more."""
    found = connection.execute(select_places(connection, query)).all()
    places = [Place(row.stored_at, row.statement_id) for row in found]
    fitting = min(query.limit, _fitting([row.characters for row in found]))
    shown = places[:fitting]
    bodies = _bodies(connection, query.tenant, shown)
    return Page(bodies, shown[-1] if len(places) > fitting else None)


def select_places(connection: Connection, query: Query) -> Select[Any]:
    """Return in SQL which places a query finds, with one more than its limit."""
    return _select(query, _rarest_first(connection, query))


def latest_about(
    connection: Connection, tenant: str, named: Sequence[tuple[str, Term]], *, each: int, longest: int
) -> dict[tuple[str, Term], list[str]]:
    """Return so many of the latest statements that have a term, as JSON texts, by their source and the term.

    The latest comes first; what was voided, and what has more than `longest` characters, is passed over.
    """
    numbers = {_number(tenant, source, term): (source, term) for source, term in named}
    if not numbers:
        return {}
    rows = connection.execute(_select_latest(tenant, list(numbers), each, longest)).all()
    ids = {numbers[row.term]: [id for id in row[1:] if id is not None] for row in rows}
    found = _bodies_by_id(connection, tenant, [id for some in ids.values() for id in some])
    return {name: [found[id] for id in some] for name, some in ids.items()}


def _rows(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    for each in entries:
        for term, plain in terms(each.body).items() if "actor" in each.body else ():
            yield {
                "term": _number(each.tenant, each.authority, term),
                "stored_at": each.stored_at,
                "statement_id": each.statement_id,
                "plain": plain,
            }


def _read_entry(row: Any) -> Entry:
    return Entry(row.tenant, row.authority, row.stored_at, row.statement_id, msgspec.json.decode(row.body))


def _number(tenant: str, authority: str, term: Term) -> int:
    """Return the number of a term; the same few are asked for all day, but for registrations and what is long."""
    if term.kind == "registration" or len(term.value) > LONGEST_REMEMBERED:
        return _hashed(tenant, authority, term)
    return _remembered(tenant, authority, term)


@lru_cache(maxsize=8192)
def _remembered(tenant: str, authority: str, term: Term) -> int:
    return _hashed(tenant, authority, term)


def _hashed(tenant: str, authority: str, term: Term) -> int:
    told = "\x1f".join((tenant, authority, *term)).encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), signed=True)


def _rarest_first(connection: Connection, query: Query) -> list[tuple[int, bool]]:
    """Return each wanted term's number with whether it must be plain, the one that fewest statements have first."""
    numbers = [(_number(query.tenant, query.authority, each.term), each.plain) for each in query.wanted]
    return sorted(numbers, key=lambda each: _count(connection, each[0])) if len(numbers) > 1 else numbers


def _count(connection: Connection, term: int) -> int:
    some = select(statement_terms.c.stored_at).where(statement_terms.c.term == term).limit(COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _select(query: Query, wanted: Sequence[tuple[int, bool]]) -> Select[Any]:
    """Return the query in SQL: down the rows of the first term, each of which the other terms must have as well."""
    driver = statement_terms.alias()
    found = select(driver.c.stored_at, driver.c.statement_id, func.length(statements.c.body).label("characters")).where(
        _names(driver, *wanted[0]),
        *_within(query, driver),
        statements.c.tenant == query.tenant,
        statements.c.statement_id == driver.c.statement_id,
        statements.c.authority == query.authority,
        statements.c.voided_by.is_(None),
    )
    for each in wanted[1:]:
        other = statement_terms.alias()
        found = found.where(exists().where(_names(other, *each), _same_place(other, driver)))
    order = [
        column.asc() if query.ascending else column.desc() for column in (driver.c.stored_at, driver.c.statement_id)
    ]
    return found.order_by(*order).limit(query.limit + 1)


def _select_latest(tenant: str, numbers: Sequence[int], each: int, longest: int) -> Select[Any]:
    """Return in SQL the latest statements of each of these terms, as many columns of ids as are wanted."""
    wanted = values(column("term", BigInteger)).data([(number,) for number in numbers]).cte("wanted")
    row = statement_terms.alias()
    newest_first = (
        select(row.c.statement_id)
        .where(
            row.c.term == wanted.c.term,
            statements.c.tenant == tenant,
            statements.c.statement_id == row.c.statement_id,
            statements.c.voided_by.is_(None),
            func.length(statements.c.body) <= longest,
        )
        .order_by(row.c.stored_at.desc(), row.c.statement_id.desc())
        .limit(1)
    )
    return select(wanted.c.term, *[newest_first.offset(place).scalar_subquery() for place in range(each)])


def _names(row: FromClause, term: int, plain: bool) -> ColumnElement[bool]:
    return and_(row.c.term == term, row.c.plain) if plain else row.c.term == term


def _same_place(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.stored_at == other.c.stored_at, one.c.statement_id == other.c.statement_id)


def _within(query: Query, row: FromClause) -> Iterator[ColumnElement[bool]]:
    if query.since is not None:
        yield row.c.stored_at > query.since
    if query.until is not None:
        yield row.c.stored_at <= query.until
    if query.after is not None:
        place, after = tuple_(row.c.stored_at, row.c.statement_id), tuple_(*query.after)
        yield place > after if query.ascending else place < after


def _fitting(sizes: Sequence[int]) -> int:
    """Return how many of these fit into a page, which takes at least one."""
    room = MOST_CHARACTERS
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return max(count, 1)
    return len(sizes)


def _bodies(connection: Connection, tenant: str, places: Sequence[Place]) -> list[str]:
    found = _bodies_by_id(connection, tenant, [place.statement_id for place in places])
    return [found[place.statement_id] for place in places]


def _bodies_by_id(connection: Connection, tenant: str, statement_ids: Sequence[str]) -> dict[str, str]:
    columns = (statements.c.statement_id, statements.c.body)
    return dict(rows_among(connection, tenant, statements.c.statement_id, statement_ids, columns))
