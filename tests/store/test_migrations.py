from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from milepost.store.database import Database
from milepost.store.migrate import MIGRATIONS, migrate
from milepost.store.tables import METADATA


def test_migrations_make_exactly_the_tables_that_the_code_reads(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})

        assert compare_metadata(context, METADATA) == []


def test_a_database_that_is_up_to_date_stays_as_it_is(database: Database) -> None:
    migrate(database)

    with database.reading() as connection:
        found = connection.execute(text("select version_num from alembic_version")).scalars().all()
    assert found == ScriptDirectory(str(MIGRATIONS)).get_heads()


def test_a_path_with_a_space_and_a_percent_sign_works(tmp_path: Path) -> None:
    place = tmp_path / "100 % mine"
    place.mkdir()
    database = Database(place / "a b?.db")

    migrate(database)

    assert (place / "a b?.db").exists()
    database.close()
