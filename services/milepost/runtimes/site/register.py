"""What a running site writes down about itself, for `milepost site status` and for commands in another terminal."""

import fcntl
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from milepost.runtimes.bootstrap import NotStarted
from milepost.runtimes.site.parts import Part
from milepost.runtimes.site.supervising import Supervised

REGISTER = "site.json"
ENVIRONMENT = "environment"
LOCK = "site.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, so that no second site runs in it; raise NotStarted where one does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"a site runs in {folder} already; `milepost site status` says how it is") from None
        try:
            yield
        finally:
            (folder / REGISTER).unlink(missing_ok=True)


def write_environment(folder: Path, environment: Mapping[str, str]) -> Path:
    """Write what a shell needs to know for commands of this site; return the file, which only its owner may read."""
    path = folder / ENVIRONMENT
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()))
    return path


def write_register(folder: Path, parts: Sequence[Supervised]) -> None:
    """Write which processes run, at once."""
    rows = [
        {
            "name": each.part.name,
            "pid": each.pid,
            "starts": each.starts,
            "address": each.part.address,
            "ready": each.part.ready,
            "live": each.part.live,
        }
        for each in parts
    ]
    fresh = folder / f"{REGISTER}.new"
    fresh.write_text(json.dumps(rows))
    fresh.replace(folder / REGISTER)


def read_register(folder: Path) -> Sequence[tuple[Part, Mapping[str, Any]]]:
    """Return the processes of the site that runs in a folder; none where no site does."""
    try:
        rows = json.loads((folder / REGISTER).read_text())
    except FileNotFoundError:
        return ()
    return [
        (
            Part(name=row["name"], command=(), address=row["address"], ends=0, ready=row["ready"], live=row["live"]),
            row,
        )
        for row in rows
    ]
