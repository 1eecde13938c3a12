"""What can be set from outside: by the environment (`MILEPOST_...`), and over it by the command line."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(env_prefix="MILEPOST_", frozen=True, extra="ignore")

    database: str = "milepost.db"
    """A SQLite file by its path, or a database by its URL."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000

    clock: Literal["system", "manual"] = "system"
    """A manual clock moves when `PUT /test/clock` says so: for demos and tests."""

    clock_at: str | None = None
    """Where a manual clock starts, e.g. 2026-09-07T06:00:00Z; without it, where this database stopped."""

    access_token: SecretStr | None = None
    """What people give the console to be let in; needed wherever it listens beyond this machine."""

    server_key: SecretStr | None = None
    """At least 64 hexadecimal digits; without it, the key in `server_key_file`."""

    server_key_file: Path | None = None
    """Made where there is none; by default beside the database, `milepost.key`."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def key_file(self) -> Path:
        """Return where the server key lies: by default beside a SQLite database, else in the working folder."""
        if self.server_key_file is not None:
            return self.server_key_file
        folder = Path() if "://" in self.database else Path(self.database).parent
        return folder / "milepost.key"
