"""What came last from a source, and what became of it."""

from milepost.store import tailing
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost_schemas.submissions import RawMessage
from tests.store.builders import about, submission


def test_the_tail_of_a_source_says_what_became_of_each_request(database: Database) -> None:
    raw = RawMessage(route="/xapi/statements", body=b"[]")
    with database.writing() as connection:
        accept(connection, submission(raw=raw, messages=(about(), about("ben"))))
        accept(connection, submission(raw=raw, note="one verb was not read"))
        accept(connection, submission(raw=raw, source="other"))

        came = tailing.last(connection, "default", "lms")

        assert [(each.messages, each.outcome, each.reason) for each in came] == [
            (2, "accepted", None),
            (0, "accepted", "one verb was not read"),
        ]
        assert tailing.last(connection, "default", "lms", after=came[0].number) == came[1:]
        assert tailing.last(connection, "default", "lms", limit=1) == came[1:]
