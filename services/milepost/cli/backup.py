"""`milepost backup` and `milepost restore`: everything that a database holds, in one file, and back."""

import argparse
from pathlib import Path

from milepost.cli.telling import Commands, NotDone, add_database, database_of, settings_of
from milepost.settings import Settings
from milepost_schemas.instants import to_text


def add_to(commands: Commands) -> None:
    """Add the commands."""
    backing_up = commands.add_parser(
        "backup",
        help="write a copy of the database, while the server runs",
        description="Write everything that the database holds to one file, which is checked before it is there. The "
        "server key is not in it: keep that apart, as without it no sender is known any more.",
    )
    backing_up.add_argument(
        "place", type=Path, metavar="FILE|FOLDER", help="a new file; in a folder, named by the moment"
    )
    add_database(backing_up)
    backing_up.set_defaults(run=back_up)
    restoring = commands.add_parser(
        "restore",
        help="fill an empty database from a copy",
        description="Fill an empty database, SQLite or PostgreSQL, from a copy that `milepost backup` wrote, whichever "
        "of the two it was made from. The server key of that time has to lie where the settings say.",
    )
    restoring.add_argument("file", type=Path, metavar="FILE", help="the copy")
    restoring.add_argument(
        "--key-is-lost", action="store_true", help="restore without the server key: every source then needs a new key"
    )
    add_database(restoring)
    restoring.set_defaults(run=restore)


def back_up(chosen: argparse.Namespace) -> int:
    """Write a copy, and say what else has to be kept."""
    from milepost.clock import SystemClock
    from milepost.runtimes.bootstrap import place_of
    from milepost.store import copying

    settings = settings_of(chosen)
    file: Path = chosen.place
    if file.is_dir():
        file = file / f"milepost-{to_text(SystemClock().now()).replace(':', '')}.backup"
    with database_of(chosen) as database:
        copying.back_up(database, file)
    print(f"{file} holds everything of {place_of(settings)}: {file.stat().st_size:,} bytes, read back and whole.")
    print(f"It has personal data in it. The server key is not in it; keep a copy of {_key_place(settings)} elsewhere.")
    if settings.kafka is not None:
        print("The records of a site are in Kafka, and are not in it: see `Keeping it` in the operations page.")
    return 0


def restore(chosen: argparse.Namespace) -> int:
    """Fill the database of the settings."""
    from milepost.runtimes.bootstrap import place_of
    from milepost.store import copying
    from milepost.store.database import Database

    settings = settings_of(chosen)
    if not chosen.key_is_lost:
        _require_key(chosen.file, settings)
    database = Database(settings.database)
    try:
        copying.restore(chosen.file, database)
    finally:
        database.close()
    print(f"{place_of(settings)} holds everything of {chosen.file}.")
    if chosen.key_is_lost:
        print("Now `milepost key replace` begins with a new server key, and `milepost source rotate` gives new keys.")
    return 0


def _require_key(file: Path, settings: Settings) -> None:
    """Raise NotDone unless the server key of the copy is where the settings say; never make a new one."""
    from milepost.runtimes.bootstrap import vault_of
    from milepost.store import copying, server_key

    copying.check(file)
    if settings.server_key is None and not settings.key_file().exists():
        raise NotDone(
            f"there is no server key at {settings.key_file()}: put the one of the copy there first. If it is lost, "
            "--key-is-lost restores all the same; every source then needs a new key"
        )
    with copying.opened(file) as copy, copy.reading() as connection:
        if server_key.is_known(connection) and not server_key.fits(connection, vault_of(settings)):
            raise NotDone(
                f"the server key in {_key_place(settings)} is not the one of this copy: put that one there. If it is "
                "lost, --key-is-lost restores all the same; every source then needs a new key"
            )


def _key_place(settings: Settings) -> str:
    return "MILEPOST_SERVER_KEY" if settings.server_key is not None else str(settings.key_file())
