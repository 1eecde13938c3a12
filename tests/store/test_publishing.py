"""A version of a program is published once and for good."""

import pytest

from milepost.store import log, publishing
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost_schemas.messages import ProgramPublished
from tests.store.builders import NOON


def published(version: int = 1, title: str = "A") -> ProgramPublished:
    return ProgramPublished(
        tenant="default", program="p", version=version, published_at=NOON + version, definition={"title": title}
    )


@pytest.mark.parametrize("taken_in", [False, True])
def test_a_version_is_published_once_and_for_good(database: Database, taken_in: bool) -> None:
    keep = SqlKeep()
    with database.writing() as connection:
        assert publishing.publish(connection, published()) == publishing.Published()
        if taken_in:
            with keep.on(connection):
                keep.publish(published())

        again = publishing.publish(connection, published())
        other = publishing.publish(connection, published(title="B"))
        next_one = publishing.publish(connection, published(version=2, title="B"))

        assert again == publishing.PublishedBefore(NOON + 1)
        assert other == publishing.VersionTaken(highest=1)
        assert next_one == publishing.Published()
        assert log.end(connection) == 2
