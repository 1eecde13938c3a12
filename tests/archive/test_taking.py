"""What the gateway acknowledged is accepted once, whatever happens in between."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from milepost.broker.inbox import Received
from milepost.store import positions, statements
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost.store.migrate import migrate
from milepost.store.positions import Overtaken
from milepost.store.tables import accepted
from milepost.tracker.archive.taking import taking
from milepost.tracker.exactly_once import ExactlyOnce
from milepost.tracker.setting_aside import TooManyDeadLetters
from milepost_schemas.instants import MINUTE
from milepost_schemas.messages import DeadLetter
from milepost_schemas.submissions import RawMessage, Refusal, Submission
from milepost_schemas.topics import Topic, encode
from tests.archive.crashing import Died, Fuse, fused
from tests.archive.topics import received
from tests.store.builders import NOON, about, activity, make_tenant, person, statement, submission, void

ONE, TWO, THREE, FOUR, FIVE = (f"{n}" * 8 + "-1111-4111-8111-111111111111" for n in (1, 2, 3, 4, 5))

Request = Submission | Refusal


class Archive:
    """Takes in what lies in a topic, from where the database says."""

    def __init__(self, database: Database) -> None:
        self.letters: list[DeadLetter] = []
        self.counted: Counter[str] = Counter()
        self.once = ExactlyOnce(taking(self.counted.update), database.writing, self.letters.append)
        with database.reading() as connection:
            self.once.begin(connection, range(2))

    def take(self, lying: Sequence[Received], *, at_once: int = 100) -> None:
        rest = [one for one in lying if one.offset >= self.once.positions.get(one.partition, 0)]
        for start in range(0, len(rest), at_once):
            self.once.take(rest[start : start + at_once])


def logged(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(accepted.log.c.body).order_by(accepted.log.c.position)).scalars())


def raw(database: Database) -> list[tuple[str, str | None]]:
    columns = accepted.raw_messages.c
    with database.reading() as connection:
        rows = connection.execute(select(columns.outcome, columns.reason).order_by(columns.number))
        return [(row.outcome, row.reason) for row in rows]


def refusal(**changes: object) -> Refusal:
    route = RawMessage(route="/xapi/statements", body=b"?")
    return Refusal(tenant="default", source="lms", received_at=NOON + 2 * MINUTE, raw=route, reason="no JSON")


def day() -> list[Request]:
    """A day of one source: statements, a fact, a void before and one after its target, a repetition, a refusal."""
    return [
        submission(statement(ONE, about("ana")), people=(person("ana"),)),
        submission(void(TWO, id=FOUR), received_at=NOON + MINUTE),
        submission(statement(TWO, about("ben", activity("f2"))), statement(ONE, about("ana"))),
        submission(messages=(about("cem", activity("f3")),), note="a column was not read"),
        refusal(),
        submission(void(ONE, id=FIVE), received_at=NOON + 3 * MINUTE),
        submission(statement(THREE, about("dan", activity("f4")))),
    ]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a tenant and a source."""
    place = tmp_path_factory.mktemp("template") / "milepost.db"
    opened = Database(place)
    migrate(opened)
    with opened.writing() as connection:
        make_tenant(connection, "default", at=NOON)
        row = {"tenant": "default", "name": "lms", "kind": "moodle", "created_at": NOON}
        connection.execute(insert(accepted.sources), row)
    opened.close()
    return place


@pytest.fixture
def fresh(template: Path, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """What opens a copy of that file, which a loss of power would harm; all of them are closed in the end."""
    with ExitStack() as ending:

        def opened(name: str) -> Database:
            database = Database(shutil.copy(template, tmp_path / f"{name}.db"))
            ending.callback(database.close)
            event.listen(
                database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF")
            )
            return database

        yield opened


def embedded(database: Database, requests: Sequence[Request]) -> list[str]:
    """Return the log that one process writes by itself."""
    for request in requests:
        with database.writing() as connection:
            accept(connection, request)
    return logged(database)


def test_the_log_is_that_of_a_process_that_accepts_by_itself(fresh: Callable[[str], Database]) -> None:
    archived, alone = fresh("archived"), fresh("alone")

    archive = Archive(archived)
    archive.take(list(received(*day())))

    assert logged(archived) == embedded(alone, day())
    assert raw(archived) == raw(alone)
    assert archive.counted == Counter(accepted=6, refused=1)


@pytest.mark.parametrize(("at_once", "at_least"), [(1, 60), (3, 30), (100, 18)])
def test_a_death_between_any_two_steps_neither_doubles_nor_loses_anything(
    fresh: Callable[[str], Database], at_once: int, at_least: int
) -> None:
    lying = list(received(*day()))
    expected = embedded(fresh("alone"), day())
    deaths = 0
    while True:
        database = fresh(f"death-{deaths}")
        fuse = Fuse(deaths + 1)
        archive = Archive(database)
        try:
            with fused(database, fuse):
                archive.take(lying, at_once=at_once)
        except Died:
            deaths += 1
        else:
            break

        Archive(database).take(lying, at_once=at_once)

        assert logged(database) == expected, f"killed at statement {fuse.at}"
        assert len(raw(database)) == 7
    assert deaths > at_least


def test_what_was_taken_and_comes_again_changes_nothing(database: Database) -> None:
    lying = list(received(*day()))
    first = Archive(database)
    first.take(lying)
    before = logged(database)

    first.once.take(lying)
    Archive(database).once.take(lying[3:])

    assert logged(database) == before


def test_who_was_overtaken_keeps_nothing(database: Database) -> None:
    slow, fast = Archive(database), Archive(database)
    lying = list(received(*day()))
    fast.take(lying[:2])
    before = logged(database)

    with pytest.raises(Overtaken):
        slow.take(lying[:3])

    assert logged(database) == before
    assert slow.letters == []


def test_a_statement_whose_id_was_taken_meanwhile_is_left_out_and_the_rest_is_kept(database: Database) -> None:
    other = statement(ONE, about("eve", activity("f9")), object={"id": "https://lms.example/other"})
    requests = [submission(statement(ONE, about())), submission(other, statement(TWO, about("ben", activity("f2"))))]

    archive = Archive(database)
    archive.take(list(received(*requests)))

    assert len(logged(database)) == 2
    assert raw(database)[1] == ("accepted", f"statement {ONE} was not kept: another one with this id is there already")
    assert archive.counted["conflicting"] == 1
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is not None


@pytest.mark.parametrize(
    "value",
    [b"\xff\xfe", b"[" * 1000, b"", b'{"type": "milepost.source.heard.v1"}', encode(about()), b"NaN"],
    ids=["no UTF-8", "depth", "nothing", "half a fact", "a fact", "NaN"],
)
def test_what_is_no_request_is_set_aside_and_what_follows_is_taken(database: Database, value: bytes) -> None:
    good = next(received(submission(statement(ONE, about()))))
    poison = Received(Topic.RAW_MESSAGES, 0, 1, b"default/lms", value, NOON)
    later = next(received(submission(statement(TWO, about("ben", activity("f2")))), start=2))

    archive = Archive(database)
    archive.take([good, poison, later])

    assert [(letter.offset, letter.body, letter.key) for letter in archive.letters] == [(1, value, b"default/lms")]
    assert archive.once.positions == {0: 3}
    assert len(logged(database)) == 2


def test_a_request_of_a_tenant_that_nobody_opened_spoils_no_other(database: Database) -> None:
    nobody = submission(statement(TWO, about("ben", activity("f2"))), tenant="nobody")
    requests = [submission(statement(ONE, about())), nobody, submission(statement(THREE, about("cem", activity("f3"))))]

    archive = Archive(database)
    archive.take(list(received(*requests)))

    assert [(letter.offset, letter.reason) for letter in archive.letters] == [(1, "no such tenant")]
    assert len(logged(database)) == 2
    assert archive.once.positions == {0: 3}


@pytest.mark.postgres
def test_a_request_that_the_database_refuses_spoils_no_other(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)
    refused = submission(statement(TWO, about("ben", activity("f2"))), people=(person("ben", rank=2**40),))
    requests = [
        submission(statement(ONE, about())),
        refused,
        submission(statement(THREE, about("cem", activity("f3")))),
    ]

    archive = Archive(database)
    archive.take(list(received(*requests)))

    assert [(letter.offset, letter.reason) for letter in archive.letters] == [
        (1, "the database refused it: NumericValueOutOfRange")
    ]
    assert len(logged(database)) == 2
    with database.reading() as connection:
        assert statements.find(connection, "default", "lms", TWO) is None
    database.close()


def test_a_reason_repeats_nothing_that_somebody_sent(database: Database) -> None:
    body = b'{"type": "milepost.submission.received.v1", "tenant": "ana@example.org", "source": 7}'

    archive = Archive(database)
    archive.take([Received(Topic.RAW_MESSAGES, 0, 0, None, body)])

    assert "ana@example.org" not in archive.letters[0].reason
    assert "source" in archive.letters[0].reason


def test_too_many_in_a_row_stop_the_process_and_the_position_stays(database: Database) -> None:
    poison = [Received(Topic.RAW_MESSAGES, 0, offset, None, b"?") for offset in range(21)]

    with pytest.raises(TooManyDeadLetters, match="the last 0/20"):
        Archive(database).take(poison)

    with database.reading() as connection:
        assert positions.of_topic(connection, Topic.RAW_MESSAGES) == {}


def test_some_that_are_far_between_stop_nobody(database: Database) -> None:
    lying = list(received(*(submission(messages=(about(f"a{n}", activity(f"f{n}")),)) for n in range(60))))
    mixed = [Received(one.topic, one.partition, one.offset, one.key, b"?") if one.offset % 2 else one for one in lying]

    archive = Archive(database)
    archive.take(mixed)

    assert len(archive.letters) == 30
    assert len(logged(database)) == 30


def test_each_partition_has_a_position_of_its_own(database: Database) -> None:
    here = list(received(submission(statement(ONE, about())), start=5, partition=0))
    there = list(received(submission(statement(TWO, about("ben", activity("f2")))), start=9, partition=1))

    Archive(database).take([*here, *there])

    with database.reading() as connection:
        assert positions.of_topic(connection, Topic.RAW_MESSAGES) == {0: 6, 1: 10}
