"""How the demo is let into a Milepost that somebody else runs: its program, its sources, and what it keeps of them."""

import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from milepost.demo.processes import Failed, milepost
from milepost.demo.script import PROGRAM, Script
from milepost.settings import Settings
from milepost.store import sources
from milepost.store.database import Database
from milepost.store.tenants import DEFAULT

SOURCES = {
    "lms": ("--kind", "moodle", "--rhythm", "4h"),
    "zoom": ("--kind", "zoom", "--secret-file", "-"),
    "office": ("--kind", "office"),
}
"""The sources of the demo, and how an administrator adds them."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a source signs in with; `secret` is what its webhooks are signed with."""

    key: str
    secret: str | None = None


@dataclass(slots=True)
class Place:
    """What is kept of a demo on a site: which story it tells, and what its sources sign in with."""

    folder: Path
    begins_on: date | None = None
    seed: str = ""
    cohort_of: int = 0
    is_told: bool = False
    """Whether the days before the demo began are told."""

    credentials: dict[str, Credential] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def journal(self) -> Path:
        """The file of what was acknowledged."""
        return self.folder / "acknowledged.jsonl"

    @property
    def script(self) -> Script:
        """The story that is told here."""
        if self.begins_on is None:
            raise Failed("no demo was begun on this site yet")
        return Script(self.seed, self.cohort_of, self.begins_on)

    def begin(self, script: Script) -> None:
        """Tell this story from now on."""
        self.begins_on, self.seed, self.cohort_of = script.begins_on, script.seed, script.cohort_of
        self.keep()

    def keep(self) -> None:
        """Write it down, for its owner alone."""
        told = {
            "begins_on": None if self.begins_on is None else self.begins_on.isoformat(),
            "seed": self.seed,
            "learners": self.cohort_of,
            "is_told": self.is_told,
            "sources": {name: {"key": one.key, "secret": one.secret} for name, one in self.credentials.items()},
        }
        file = self.folder / "demo.json"
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(told, indent=2) + "\n")
        fresh.replace(file)

    def admit(self, name: str, credential: Credential) -> None:
        """Keep what a source signs in with, at once: nobody is told a key twice."""
        with self._lock:
            self.credentials[name] = credential
            self.keep()


def place_of(settings: Settings) -> Place:
    """Return what is kept beside the server key, so that it goes where the site goes; made where there is nothing."""
    folder = settings.key_file().parent.resolve() / "demo"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "demo.json"
    if not file.exists():
        return Place(folder)
    told: dict[str, Any] = json.loads(file.read_text())
    return Place(
        folder=folder,
        begins_on=None if told["begins_on"] is None else date.fromisoformat(told["begins_on"]),
        seed=told["seed"],
        cohort_of=told["learners"],
        is_told=told["is_told"],
        credentials={name: Credential(**one) for name, one in told["sources"].items()},
    )


def require_database(settings: Settings) -> None:
    """Raise Failed where the settings name no database that is there already: then they are not those of a site."""
    if "://" not in settings.database and not Path(settings.database).exists():
        raise Failed(
            f"there is no database {settings.database} here. Say which Milepost is meant: for a site of `milepost site "
            "up`, `. milepost-site/environment`; for `milepost serve`, go to its folder or set MILEPOST_DATABASE"
        )


def admit(place: Place, database: Database) -> None:
    """Publish the program and add the sources that are missing, as an administrator; raise Failed where that cannot be.

    The commands take their settings from the environment, as it is.
    """
    missing = [name for name in SOURCES if not _is_admitted(place, database, name)]
    milepost(os.environ, "program", "publish", PROGRAM)
    with ThreadPoolExecutor() as administrators:
        list(administrators.map(lambda name: _add(place, name), missing))


def _is_admitted(place: Place, database: Database, name: str) -> bool:
    """Say whether the site knows the key that is kept for a source; raise Failed where one of both is missing."""
    with database.reading() as connection:
        there = sources.find(connection, DEFAULT, name) is not None
        hints = {key.hint for key in sources.keys(connection, DEFAULT, name) if key.revoked_at is None}
    credential = place.credentials.get(name)
    if credential is None:
        if there:
            raise Failed(
                f"this site has a source {name} already, and {place.folder} has no key of it. Is it a real one, take "
                f"another site for the demo; was it added by an earlier demo, bring its folder back to {place.folder}"
            )
        return False
    if credential.key[: sources.HINT] not in hints:
        what = "has revoked the key of" if there else "has no source"
        raise Failed(
            f"{place.folder} has the keys of a demo on another site: this one {what} {name}. "
            f"Move {place.folder} away to begin anew"
        )
    return True


def _add(place: Place, name: str) -> None:
    secret = secrets.token_urlsafe(24) if "--secret-file" in SOURCES[name] else None
    key = milepost(os.environ, "source", "add", name, *SOURCES[name], typed=secret or "")
    place.admit(name, Credential(key, secret))
