"""One PostgreSQL server on this machine: started, stopped, killed, paused, and started again as it was.

    postgres = LocalPostgres(folder, programs=get_programs())
    postgres.start()
    ... postgres.url("milepost") ...
    postgres.stop()

It is reached through a socket in its folder, not over the network, and trusts whoever may enter that folder. PostgreSQL
refuses to be run by root; for root it runs as the user `postgres` or `nobody`, who must be able to reach the folder.
"""

import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from milepost.runtimes.local.child import Child, ServerFailed
from milepost.runtimes.local.programs import reachable, server_user
from milepost.runtimes.local.server import LocalServer, make_folder

START_SECONDS = 120.0
INITDB_SECONDS = 60.0
CONNECT_SECONDS = 2
LONGEST_SOCKET = 100
ADMINISTRATOR = "postgres"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "log_min_messages": "warning",
}


class LocalPostgres(LocalServer):
    """A server with a folder of its own.

    Paused, it takes no new connection; the ones that there are have processes of their own and go on. Killed, these
    end as soon as they see it.
    """

    ENDS_BY = signal.SIGINT  # it ends its connections, rather than wait for them

    def __init__(self, folder: Path, *, programs: Path, settings: Mapping[str, str] | None = None) -> None:
        """Name the folder, the programs and settings of the server beyond the usual; nothing is started yet."""
        super().__init__()
        self._folder = folder.resolve()
        self._programs = programs
        self._settings = {**SETTINGS, **(settings or {})}
        self._user = server_user()
        self._cluster = self._folder / "cluster"
        self._sockets = _socket_folder(self._folder)

    def url(self, database: str = ADMINISTRATOR) -> str:
        """Return the URL of one of its databases, for SQLAlchemy with psycopg."""
        where = URL.create(
            "postgresql+psycopg", username=ADMINISTRATOR, database=database, query={"host": str(self._sockets)}
        )
        return where.render_as_string(hide_password=False)

    def start(self) -> None:
        """Start the server and wait until it answers; raise ServerFailed, with its last words, if it does not."""
        if self.pid is not None:
            return
        self._lay_out()
        until = time.monotonic() + START_SECONDS
        while not self._run_until_it_answers(until):
            # What a killed server leaves behind ends a moment later; until then a new one does not start.
            if time.monotonic() > until:
                raise ServerFailed(f"PostgreSQL did not start within {START_SECONDS:.0f} s:\n{self._last_words()}")
            time.sleep(0.2)

    def ensure_database(self, name: str) -> None:
        """Create a database of that name, unless there is one."""
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _lay_out(self) -> None:
        for folder in (self._folder, self._sockets):
            _make_own(folder, self._user)
        self._programs = reachable(self._programs, self._user, within=self._folder / "programs")
        if (self._cluster / "PG_VERSION").exists():
            return
        shutil.rmtree(self._cluster, ignore_errors=True)  # what an initdb that was interrupted has left
        try:
            self._initdb()
        except PermissionError as error:
            raise ServerFailed(
                f"PostgreSQL runs as the user {self._user} where root starts it, who may not enter {self._folder}"
            ) from error

    def _initdb(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "-U", ADMINISTRATOR]
        make_folder(
            "PostgreSQL",
            [self._programs / "initdb", *options, "-D", self._cluster],
            seconds=INITDB_SECONDS,
            cwd="/",
            extra_groups=None if self._user is None else [],
            user=self._user,
        )

    def _run_until_it_answers(self, until: float) -> bool:
        """Run the server, and say whether it answers; if it ends by itself before, it does not."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._child = Child(
            [self._programs / "postgres", "-D", self._cluster, "-k", self._sockets, *settings],
            log=self._folder / "postgres.log",
            end_with=signal.SIGQUIT,  # it takes the processes of its connections along, which a killed one cannot
            user=self._user,
        )
        try:
            while self._child.is_running() and time.monotonic() < until:
                if self._answers():
                    return True
                time.sleep(0.05)
        except BaseException:
            self._child.kill()
            raise
        self._child.kill()
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo(), connect_timeout=CONNECT_SECONDS).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self) -> str:
        return psycopg.conninfo.make_conninfo(host=str(self._sockets), user=ADMINISTRATOR, dbname=ADMINISTRATOR)

    def _last_words(self) -> str:
        return self._child.last_words() if self._child is not None else ""


def _socket_folder(folder: Path) -> Path:
    """Return where the socket goes: into the folder, or, as its path must be short, into one named after the folder."""
    if len(str(folder / "sockets" / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return folder / "sockets"
    digest = sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"milepost-{os.geteuid()}-{digest}"


def _make_own(folder: Path, user: str | None) -> None:
    """Make a folder that only the server's user (and root) may enter; raise ServerFailed if it is somebody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    server = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid not in {server, os.geteuid()}:
        raise ServerFailed(f"{folder} belongs to another user: PostgreSQL would not be ours alone")
    if user is not None:
        shutil.chown(folder, user)
    folder.chmod(0o700)
