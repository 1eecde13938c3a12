"""Many requests that are accepted at once become exactly what they would have become one after the other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from milepost.broker.inbox import Received
from milepost.store.accepting import Answer, Request, accept, accept_all
from milepost.store.database import Database
from milepost.store.submission import Accepted
from milepost.store.tables import accepted, kept
from milepost.tracker.archive.taking import taking
from milepost.tracker.exactly_once import ExactlyOnce
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import DeadLetter
from milepost_schemas.submissions import NewStatement, RawMessage, Refusal, SamePerson, Submission
from tests.archive.topics import received
from tests.store.builders import NOON, about, activity, person, statement, submission, void

ACTORS = ("ana", "ben", "cem")
SOURCES = ("lms", "zoom", "nobody-declared")
TENANTS = ("default", "other")
IDS = [str(UUID(int=n, version=4)) for n in range(1, 7)]

TABLES = (
    *(
        accepted.log,
        accepted.statements,
        accepted.statement_terms,
        accepted.raw_messages,
        accepted.people,
        accepted.identifiers,
    ),
    *(accepted.sources, kept.positions),
)

MINUTES = st.integers(0, 4).map(lambda n: NOON + n * MINUTE // 2)


@st.composite
def drawn_statement(draw: st.DrawFn, id: str) -> NewStatement:
    """A statement, which an earlier one may equal or contradict, or a void of another, with moments of their own."""
    at = draw(MINUTES)
    if draw(st.integers(0, 2)) == 0:
        return void(draw(st.sampled_from(IDS)), id=id, recorded_at=at)
    provisional = draw(st.booleans())
    actors = draw(st.lists(st.sampled_from(ACTORS), max_size=2))
    facts = [about(actor, activity(f"{id}-{n}", provisional=provisional)) for n, actor in enumerate(actors)]
    what = draw(st.sampled_from(["https://lms.example/module/1", "https://lms.example/other"]))
    return replace(statement(id, *facts, object={"id": what}), recorded_at=at)


@st.composite
def drawn_submission(draw: st.DrawFn) -> Submission:
    ids = draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True))
    twice = ids[:1] if draw(st.integers(0, 9)) == 0 else []  # nothing that a gateway says, and poison here
    links = st.builds(_same, st.sampled_from(ACTORS), st.sampled_from(ACTORS))
    candidate = draw(st.sampled_from(["one", "two"]))
    mine = [
        about(actor, candidate=f"{actor}-{candidate}") for actor in draw(st.lists(st.sampled_from(ACTORS), max_size=1))
    ]
    return submission(
        *(draw(drawn_statement(id)) for id in (*ids, *twice)),
        tenant=draw(st.sampled_from([*TENANTS, *TENANTS, *TENANTS, "nobody-opened"])),
        source=draw(st.sampled_from(SOURCES)),
        received_at=draw(MINUTES),
        raw=draw(st.sampled_from([None, RawMessage(route="/xapi/statements", body=b"[]")])),
        people=tuple(draw(st.lists(drawn_person(), max_size=3))),
        messages=tuple(mine),
        same_people=tuple(draw(st.lists(links, max_size=2))) if draw(st.integers(0, 3)) == 0 else (),
        note=draw(st.sampled_from([None, "a score was not read"])),
    )


def drawn_person() -> st.SearchStrategy[Any]:
    name, mail = st.sampled_from(["", "Ana", "Ana Ruiz"]), st.sampled_from(["", "a@b.example", "c@d.example"])
    return st.builds(_person, st.sampled_from(ACTORS), name, mail, st.sampled_from([10, 20, 30]))


def drawn_refusal() -> st.SearchStrategy[Refusal]:
    return st.builds(
        Refusal,
        tenant=st.sampled_from(TENANTS),
        source=st.sampled_from(SOURCES),
        received_at=MINUTES,
        raw=st.just(RawMessage(route="/xapi/statements", body=b"?")),
        reason=st.just("no JSON"),
    )


def _person(actor: str, name: str, mail: str, rank: int) -> Any:
    return person(actor, name=name, mail=mail, rank=rank, identifier=f"account:lms.example|{actor}")


def _same(actor: str, other: str) -> SamePerson:
    return SamePerson(fact_id=f"{actor}={other}", actor=actor, other=other)


REQUESTS = st.lists(st.one_of(drawn_submission(), drawn_submission(), drawn_submission(), drawn_refusal()), max_size=12)

ALL_AT_ONCE = [12] * 12

LINKED_TOO_EARLY_AND_TWICE: list[Request] = [
    submission(same_people=(_same("ana", "ben"),)),
    submission(messages=(about("ana"),)),
    submission(same_people=(_same("ana", "ben"),)),
    submission(same_people=(_same("ana", "ben"),)),
]

VOIDED_TWICE: list[Request] = [
    submission(statement(IDS[0], about())),
    submission(void(IDS[0], id=IDS[1], recorded_at=NOON + MINUTE)),
    submission(void(IDS[0], id=IDS[2])),
]

ON_ONE_DATABASE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def begin_anew(database: Database) -> int:
    """Forget everything but two tenants, each with two sources; return where the log ends."""
    with database.writing() as connection:
        for table in TABLES:
            connection.execute(table.delete())
        connection.execute(accepted.tenants.delete())
        for tenant in TENANTS:
            connection.execute(insert(accepted.tenants), {"name": tenant, "created_at": NOON})
            for name in SOURCES[:2]:
                row = {"tenant": tenant, "name": name, "kind": "moodle", "created_at": NOON}
                connection.execute(insert(accepted.sources), row)
        connection.execute(insert(accepted.log), {"tenant": "default", "received_at": NOON, "body": "{}"})
        return int(connection.execute(select(accepted.log.c.position)).scalar_one())


def everything(database: Database) -> dict[str, list[Any]]:
    """Return all rows, with the numbers that the database gave counted from the first."""
    with database.reading() as connection:
        found = {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in TABLES}
    numbers = {
        row["number"]: place for place, row in enumerate(sorted(found["raw_messages"], key=lambda r: r["number"]))
    }
    log = sorted(found["log"], key=lambda row: row["position"])
    found["raw_messages"] = [{**row, "number": numbers[row["number"]]} for row in found["raw_messages"]]
    found["log"] = [{**row, "position": n, "raw_number": numbers.get(row["raw_number"])} for n, row in enumerate(log)]
    return {name: sorted(rows, key=repr) if name != "log" else rows for name, rows in found.items()}


def counted_from(end: int, answers: Sequence[Answer]) -> list[Answer]:
    return [
        replace(answer, position=answer.position - end) if isinstance(answer, Accepted) else answer
        for answer in answers
    ]


def is_sound(request: Request) -> bool:
    ids = [each.statement_id for each in request.statements] if isinstance(request, Submission) else []
    return len(ids) == len(set(ids))


@ON_ONE_DATABASE
@example(drawn=LINKED_TOO_EARLY_AND_TWICE, sizes=ALL_AT_ONCE)
@example(drawn=VOIDED_TWICE, sizes=ALL_AT_ONCE)
@given(drawn=REQUESTS, sizes=st.lists(st.integers(1, 6), min_size=12, max_size=12))
def test_requests_that_are_committed_together_become_what_each_alone_would(
    database: Database, drawn: list[Request], sizes: list[int]
) -> None:
    requests = [request for request in drawn if is_sound(request)]
    end = begin_anew(database)
    with database.writing() as connection:
        one_by_one = counted_from(end, [accept(connection, request) for request in requests])
    expected = everything(database)

    end = begin_anew(database)
    answers: list[Answer] = []
    rest = requests
    for size in sizes:
        with database.writing() as connection:
            answers += accept_all(connection, rest[:size])
        rest = rest[size:]

    assert everything(database) == expected
    assert counted_from(end, answers) == one_by_one


@ON_ONE_DATABASE
@given(drawn=REQUESTS, poison=st.lists(st.integers(0, 11), max_size=2))
def test_what_is_taken_at_once_becomes_what_it_would_one_by_one_whatever_lies_between(
    database: Database, drawn: list[Request], poison: list[int]
) -> None:
    lying = [
        replace(one, value=b"?") if one.offset in poison else replace(one, partition=one.offset % 2)
        for one in received(*drawn)
    ]

    begin_anew(database)
    alone = taken(database, lying, at_once=1)
    expected = everything(database)
    begin_anew(database)

    assert taken(database, lying, at_once=100) == alone
    assert everything(database) == expected


def taken(database: Database, lying: Sequence[Received], *, at_once: int) -> tuple[list[tuple[int, str]], Counter[str]]:
    """Take in what lies there; return what was set aside and why, and what was counted."""
    letters: list[DeadLetter] = []
    counted: Counter[str] = Counter()
    once = ExactlyOnce(taking(counted.update), database.writing, letters.append)
    for first in range(0, len(lying), at_once):
        once.take(lying[first : first + at_once])
    return sorted((letter.offset, letter.reason) for letter in letters), counted
