"""Who may send is known by keys that stand nowhere, of which two work while one takes the place of another."""

import pytest
from sqlalchemy import select

from milepost.store import log, sources
from milepost.store.database import Database
from milepost.store.sources import SourceRefused
from milepost.store.tables import METADATA
from milepost.store.vault import SecretUnreadable, Vault
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.topics import decode
from tests.store.builders import NOON, make_tenant

VAULT = Vault(b"k" * 32)


def declared(name: str = "lms", kind: str = "moodle") -> SourceDeclared:
    return SourceDeclared(
        tenant="default",
        fact_id=f"declared:{name}",
        source=name,
        occurred_at=NOON,
        recorded_at=NOON,
        received_at=NOON,
        kind=kind,
    )


def add(database: Database, name: str = "lms") -> str:
    with database.writing() as connection:
        make_tenant(connection, "default", at=NOON)
        return sources.add(connection, VAULT, declared(name))


def found(database: Database, key: str, vault: Vault = VAULT) -> str | None:
    with database.reading() as connection:
        source = sources.find_by_key(connection, vault, key)
    return None if source is None else source.name


def test_a_source_is_known_by_its_key_and_by_no_other(database: Database) -> None:
    lms, zoom = add(database, "lms"), add(database, "zoom")

    assert (found(database, lms), found(database, zoom)) == ("lms", "zoom")
    assert found(database, lms[:-1]) is None
    assert found(database, "") is None
    assert found(database, lms, Vault(b"o" * 32)) is None


def test_a_key_is_nowhere_in_the_database(database: Database) -> None:
    key = add(database)

    with database.reading() as connection:
        kept = [list(connection.execute(select(table))) for table in METADATA.sorted_tables]
    assert key not in repr(kept)
    assert key[:6] in repr(kept)


def test_a_new_source_is_declared_to_the_tracker(database: Database) -> None:
    add(database)

    with database.reading() as connection:
        assert [decode(entry.body.encode()) for entry in log.read(connection, 0, limit=9)] == [declared()]


def test_two_keys_work_while_a_source_changes_over_and_a_revoked_one_no_more(database: Database) -> None:
    first = add(database)
    with database.writing() as connection:
        second = sources.rotate(connection, VAULT, "default", "lms", at=NOON + 1)

    assert (found(database, first), found(database, second)) == ("lms", "lms")

    with database.writing() as connection:
        sources.revoke(connection, "default", "lms", first[: sources.HINT], at=NOON + 2)

    assert (found(database, first), found(database, second)) == (None, "lms")


def test_a_third_key_needs_one_to_be_revoked(database: Database) -> None:
    add(database)

    with database.writing() as connection:
        sources.rotate(connection, VAULT, "default", "lms", at=NOON)
        with pytest.raises(SourceRefused, match="milepost source revoke lms"):
            sources.rotate(connection, VAULT, "default", "lms", at=NOON)


@pytest.mark.parametrize(("name", "kind", "said"), [("lms", "moodle", "already"), ("new", "fax", "no kind 'fax'")])
def test_a_name_twice_and_an_unknown_kind_are_refused(database: Database, name: str, kind: str, said: str) -> None:
    add(database)

    with database.writing() as connection, pytest.raises(SourceRefused, match=said):
        sources.add(connection, VAULT, declared(name, kind))


def test_an_unknown_source_is_answered_with_those_that_there_are(database: Database) -> None:
    add(database)

    with database.reading() as connection, pytest.raises(SourceRefused, match="there are: lms"):
        sources.get(connection, "default", "lsm")


def test_a_webhook_secret_comes_back_under_its_server_key_alone(database: Database) -> None:
    add(database)

    with database.writing() as connection:
        assert sources.secrets(connection, VAULT, "default", "lms") == ()
        sources.set_secret(connection, VAULT, "default", "lms", "s3cret")

        assert sources.secrets(connection, VAULT, "default", "lms") == ("s3cret",)
        with pytest.raises(SecretUnreadable, match="set it again"):
            sources.secrets(connection, Vault(b"o" * 32), "default", "lms")
