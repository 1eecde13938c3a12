from pathlib import Path

import pytest
from sqlalchemy import select

from milepost.store import log, publishing, sources, tailing
from milepost.store.accepting import accept
from milepost.store.database import Database
from milepost.store.keep import SqlKeep
from milepost.store.sources import SourceRefused
from milepost.store.tables import METADATA
from milepost.store.vault import SecretUnreadable, Vault, open_vault
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.messages import ProgramPublished
from milepost_schemas.submissions import RawMessage
from milepost_schemas.topics import decode
from tests.store.builders import NOON, about, make_tenant, submission

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


def test_the_server_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "milepost.key"

    first, second = open_vault(file), open_vault(file)

    assert first.actor_key("default", "ana") == second.actor_key("default", "ana")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_server_key_from_the_environment_leaves_no_file(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "milepost.key", "ab" * 32)

    assert vault.actor_key("default", "ana") == Vault(b"\xab" * 32).actor_key("default", "ana")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "not hexadecimal", "ab" * 31])
def test_what_is_no_server_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -hex 32"):
        open_vault(tmp_path / "milepost.key", text)


def test_one_person_has_another_actor_key_for_each_tenant() -> None:
    assert len(VAULT.actor_key("one", "ana")) == 32
    assert VAULT.actor_key("one", "ana") != VAULT.actor_key("other", "ana")


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
