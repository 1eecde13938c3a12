import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from milepost.cli import main
from milepost.cli.processes import PROCESSES, Process, tell
from milepost.cli.source import line
from milepost.runtimes import gateway, projector
from milepost.runtimes.bootstrap import NotStarted
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.settings import Settings
from milepost.store import log, positions
from milepost.store.database import Database
from milepost.store.tailing import Came
from milepost_schemas.facts import ImportBegan, ImportFinished, SourceDeclared
from milepost_schemas.messages import TenantOpened
from milepost_schemas.topics import decode_logged

Capture = pytest.CaptureFixture[str]
PASSWORD = "never-shown"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, in which the default database is made."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capture: Capture, *arguments: str, code: int = 0) -> str:
    """Run a command; return what it says to people or, where it was not done, why."""
    capture.readouterr()
    assert main(arguments) == code
    out, err = capture.readouterr()
    return (err if code else out).strip()


def test_a_source_is_added_listed_given_a_second_key_and_loses_the_first(capsys: Capture) -> None:
    first = said(capsys, "source", "add", "lms", "--kind", "moodle", "--rhythm", "4h")
    second = said(capsys, "source", "rotate", "lms")

    assert f"{first[:10]}, {second[:10]}" in said(capsys, "source", "list")
    assert "revoke lms" in said(capsys, "source", "rotate", "lms", code=1)
    assert "no more" in said(capsys, "source", "revoke", "lms", first[:10])
    assert first[:10] not in said(capsys, "source", "list")


def test_what_is_declared_of_a_source_reaches_the_log(capsys: Capture, folder: Path) -> None:
    said(capsys, "source", "add", "lms", "--kind", "moodle", "--rhythm", "2d", "--at", "2026-09-07T06:00:00Z")
    said(capsys, "source", "import-began", "lms")
    said(capsys, "source", "import-finished", "lms")
    anew = said(capsys, "source", "declare", "lms", "--rhythm", "4h", "--settling", "30m")

    database = Database(folder / "milepost.db")
    with database.reading() as connection:
        messages = [decode_logged(entry.body) for entry in log.read(connection, 0, limit=9)]
    database.close()
    kinds = [TenantOpened, SourceDeclared, ImportBegan, ImportFinished, SourceDeclared]
    declared = [each for each in messages if isinstance(each, SourceDeclared)]
    assert [type(message) for message in messages] == kinds
    assert [(each.rhythm, each.settling, each.lateness) for each in declared] == [(2880, 90, 240), (240, 30, 240)]
    assert "silent for 4h at most; all has come 30m after an end marker, and 4h after" in anew


def test_what_is_declared_of_a_source_is_listed_and_what_is_not_said_stays(capsys: Capture) -> None:
    said(capsys, "source", "add", "lms", "--kind", "moodle", "--rhythm", "2d", "--settling", "30m")

    assert said(capsys, "source", "list").splitlines()[1].split()[:3] == ["lms", "moodle", "2d"]
    nothing = said(capsys, "source", "declare", "lms", code=1)
    assert "say --rhythm, --settling or --lateness; now it is silent for 2d at most; all has come 30m" in nothing
    assert "all has come 30m after an end marker, and 1d" in said(
        capsys, "source", "declare", "lms", "--lateness", "1d"
    )
    assert "it may be silent" in said(capsys, "source", "declare", "lms", "--rhythm", "none")
    assert said(capsys, "source", "list").splitlines()[1].split()[:3] == ["lms", "moodle", "none"]


@pytest.mark.parametrize(
    ("route", "body", "messages", "expected"),
    [
        ("/xapi/statements", b'[{"id": 1}, {"id": 2}]', 1, "2 statements, 1 message in the log"),
        ("/xapi/statements", b'{"id": 1}', 3, "1 statement, 3 messages in the log"),
        ("/v1/facts", b"[{}, {}, {}]", 3, "3 facts, 3 messages in the log"),
        ("/webhooks/zoom", b"\xff", 0, "1 call, 0 messages in the log"),
    ],
)
def test_of_a_request_it_is_told_what_it_brought_and_what_followed(
    route: str, body: bytes, messages: int, expected: str
) -> None:
    came = Came(1, 0, route, "accepted", None, body, messages)

    assert line(came, bodies=False) == f"1970-01-01T00:00:00.000Z  {route}  {expected}"


def test_where_others_can_reach_the_pages_it_is_said_who_gets_in_and_that_nothing_is_secret(
    capsys: Capture, folder: Path
) -> None:
    serve, gateway = (next(each for each in PROCESSES if each.name == name) for name in ("serve", "gateway"))
    here, everywhere = (Settings(database=str(folder / "milepost.db"), host=host) for host in ("127.0.0.1", "0.0.0.0"))

    def told(process: Process, settings: Settings) -> str:
        tell(process, settings, "http://there:8000")
        return capsys.readouterr().out

    said(capsys, "account", "list")
    assert "nobody can sign in, until `milepost account add NAME" in told(serve, everywhere)
    said(capsys, "account", "add", "robot", "--role", "viewer", "--key")
    assert "whoever has an account can sign in. Passwords and keys travel in clear here" in told(serve, everywhere)
    assert told(serve, here) == "Milepost listens on http://there:8000\n"
    assert "sign in" not in told(gateway, everywhere)


def test_a_port_that_is_taken_is_told_in_a_sentence(capsys: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"nobody can listen on 127.0.0.1:{port}" in said(capsys, "serve", "--port", str(port), code=1)


def test_room_devices_are_listed_and_replaced(capsys: Capture) -> None:
    said(capsys, "source", "add", "zoom", "--kind", "zoom")

    said(capsys, "source", "devices", "zoom", "Room 4.12", "room-5@example.org")
    assert "Room 4.12, room-5@example.org" in said(capsys, "source", "list")
    assert "no device at all" in said(capsys, "source", "devices", "zoom")
    assert "Room 4.12" not in said(capsys, "source", "list")


def test_a_secret_comes_from_a_file_and_is_not_shown(capsys: Capture, folder: Path) -> None:
    (folder / "secret").write_text("zoom's own\n")

    said(capsys, "source", "add", "zoom", "--kind", "zoom", "--secret-file", "secret")

    assert "yes" in said(capsys, "source", "list")
    assert "zoom's own" not in said(capsys, "source", "list")


def test_an_account_is_added_listed_given_a_key_disabled_and_enabled(capsys: Capture, folder: Path) -> None:
    (folder / "password").write_text("correct horse battery\n")

    added = said(capsys, "account", "add", "Ana", "--role", "coordinator", "--password-file", "password")
    key = said(capsys, "account", "key", "ana")
    said(capsys, "account", "disable", "ana")

    assert added == "ana can sign in, as a coordinator of default."
    assert key.startswith("mpa_")
    listed = said(capsys, "account", "list")
    assert "coordinator" in listed
    assert not any(secret in listed for secret in (key, "horse", "argon2"))
    assert "gets in again" in said(capsys, "account", "enable", "ana")
    assert "works no more" in said(capsys, "account", "key", "ana", "--end")
    assert "signed out everywhere" in said(capsys, "account", "password", "ana", "--password-file", "password")
    audited = said(capsys, "audit", "--subject", "ana")
    assert [line.split()[3] for line in audited.splitlines()[1:4]] == [
        "set_password",
        "ended_key",
        "enabled_account",
    ]


def test_an_account_of_a_script_has_a_key_and_no_password(capsys: Capture) -> None:
    key = said(capsys, "account", "add", "export", "--role", "viewer", "--key")

    assert key.startswith("mpa_")
    assert said(capsys, "account", "list").splitlines()[1].split()[:5] == ["export", "default", "viewer", "no", "yes"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["source", "rotate", "lms"], "there is no source 'lms'; there are: none yet"),
        (["source", "add", "a/b", "--kind", "zoom"], "no slash"),
        (["source", "add", "zoom", "--kind", "zoom", "--secret-file", "nowhere"], "cannot be read"),
        (["source", "add", "lms", "--kind", "xapi", "--at", "noon"], "RFC 3339"),
        (["source", "list", "--database", "no/such/folder.db"], "cannot be opened"),
        (["serve", "--database", "no/such/folder.db"], "cannot be opened"),
        (["source", "list", "--database", f"postgresql://ana:{PASSWORD}@127.0.0.1:1/x"], "***@127.0.0.1:1/x cannot be"),
        (["program", "publish", "nowhere.yaml"], "nowhere.yaml"),
        (["account", "disable", "ana"], "there is no account 'ana'; there are: none yet"),
        (["account", "add", "ana", "--role", "viewer", "--tenant", "acme", "--key"], "there is no tenant 'acme'"),
        (["account", "add", "ana", "--role", "viewer"], "--password-file"),
        (["account", "add", "ana", "--role", "viewer", "--password-file", "nowhere"], "cannot be read"),
        (["account", "add", "me", "--role", "viewer", "--key"], "cannot be the name"),
        (["account", "add", "a/b", "--role", "viewer", "--key"], "no slash"),
        (["serve", "--clock", "manual", "--clock-at", "noon"], "RFC 3339"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(capsys: Capture, arguments: list[str], why: str) -> None:
    answer = said(capsys, *arguments, code=1)

    assert why in answer
    assert "Traceback" not in answer
    assert PASSWORD not in answer


def test_a_file_that_is_no_database_and_one_of_a_newer_version_are_not_opened(capsys: Capture, folder: Path) -> None:
    said(capsys, "source", "list")
    with closing(Database(folder / "milepost.db")) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    (folder / "letter.db").write_text("Dear Ana, the practice has moved to Monday. " * 30)

    assert "run that one, or a later one" in said(capsys, "source", "list", code=1)
    for command in ("source list", "serve"):
        assert "not a database" in said(capsys, *command.split(), "--database", "letter.db", code=1)


def test_a_server_that_goes_away_in_the_middle_of_a_command_is_told_in_one_sentence(
    own_postgres: Callable[[], LocalPostgres], folder: Path
) -> None:
    server = own_postgres()
    server.ensure_database("milepost")
    there = ["--database", server.url("milepost")]
    (folder / "password").write_text("correct horse battery")
    assert main(["account", "add", "ana", "--role", "viewer", "--password-file", "password", *there]) == 0
    os.mkfifo(folder / "asked")
    command = [sys.executable, "-m", "milepost", "account", "password", "ana", "--password-file", "asked", *there]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        with (folder / "asked").open("w") as asked:  # somebody reads there: it is known who is meant
            server.kill()
            asked.write("another horse battery")
        _, told = running.communicate()

    assert running.returncode == 1
    assert told.startswith("milepost: the database answers no more (")
    assert told.count("\n") == 1


def test_whoever_replaces_the_server_key_is_told_of_the_sources_of_every_tenant(capsys: Capture, folder: Path) -> None:
    said(capsys, "tenant", "add", "acme")
    said(capsys, "source", "add", "lms", "--kind", "moodle")
    said(capsys, "source", "add", "our zoom", "--kind", "xapi", "--tenant", "acme")
    (folder / "milepost.key").unlink()

    told = said(capsys, "key", "replace")

    assert told.splitlines()[1:] == ["milepost source rotate 'our zoom' --tenant acme", "milepost source rotate lms"]


@pytest.mark.parametrize(
    ("revision", "is_usable"),
    [("9999", False), ("9999-since-9998", False), ("9999-since-0012", True), ("9999-since-0001", True)],
)
def test_an_older_version_works_on_tables_to_which_a_newer_one_has_only_added(
    capsys: Capture, folder: Path, revision: str, is_usable: bool
) -> None:
    said(capsys, "source", "add", "lms", "--kind", "moodle")
    with closing(Database(folder / "milepost.db")) as database, database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE of_tomorrow (a TEXT)")
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")

    answer = said(capsys, "source", "list", code=0 if is_usable else 1)

    assert ("lms" in answer) == is_usable
    assert "newer version" in said(capsys, "backup", "copy", code=1)
    assert not (folder / "copy").exists()


def test_an_older_version_makes_no_copy_of_a_server_whose_tables_it_knows_in_part(
    capsys: Capture, folder: Path, postgres_url: str
) -> None:
    with closing(Database(postgres_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999-since-0012'")

    assert "take the copy with that one" in said(capsys, "backup", "copy", "--database", postgres_url, code=1)
    assert not (folder / "copy").exists()


@pytest.mark.parametrize("arguments", [[], ["source"], ["source", "add", "lms", "--kind", "fax"], ["soruce"]])
def test_what_is_not_understood_is_answered_with_what_there_is(capsys: Capture, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: milepost" in capsys.readouterr().err


def test_a_program_is_checked_and_published_once(capsys: Capture) -> None:
    assert "is sound" in said(capsys, "program", "check", "lockout-tagout")
    assert "is published." in said(capsys, "program", "publish", "lockout-tagout")
    assert "and the same" in said(capsys, "program", "publish", "lockout-tagout")


def test_programs_are_listed_also_before_anybody_has_taken_them_in(capsys: Capture) -> None:
    assert "No program yet" in said(capsys, "program", "list")
    said(capsys, "program", "publish", "lockout-tagout", "--at", "2026-09-07T06:00:00Z")
    said(capsys, "tenant", "add", "acme")

    waiting = said(capsys, "program", "list").splitlines()

    assert waiting[1].split() == ["lockout-tagout", "1", "2026-09-07T06:00:00.000Z"]
    assert "No program yet" in said(capsys, "program", "list", "--tenant", "acme")
    assert "there is no tenant 'north'" in said(capsys, "program", "list", "--tenant", "north", code=1)


def test_a_program_that_waits_for_a_source_that_is_not_there_says_so(capsys: Capture, folder: Path) -> None:
    step = '{id: a, stage: pre_learning, done: passed, evidence: {source: SOURCE, activity: "https://x.example.com/1"}}'
    room = "{id: b, stage: live, live: {course: C}, channels: {room: sheet}, done: present >= 80%}"
    for version, source in ((1, "moodel-1"), (2, "moodle-1")):
        text = f"program: p\nversion: {version}\nsteps:\n  - {step.replace('SOURCE', source)}\n  - {room}\n"
        (folder / f"{version}.yaml").write_text(text, encoding="utf-8")
    said(capsys, "source", "add", "moodle-1", "--kind", "moodle")

    slip = said(capsys, "program", "publish", "1.yaml")
    sound = said(capsys, "program", "publish", "2.yaml")

    assert "There is no source 'moodel-1' yet; did you mean moodle-1?" in slip
    assert sound == "p version 2 is published."


def test_a_published_version_does_not_change(capsys: Capture, folder: Path) -> None:
    from milepost.programs import shipped_program

    said(capsys, "program", "publish", "lockout-tagout")
    text = shipped_program("lockout-tagout").read_text(encoding="utf-8")
    (folder / "mine.yaml").write_text(text.replace("Recall cards", "Cards"), encoding="utf-8")

    assert "`version: 2`" in said(capsys, "program", "publish", "mine.yaml", code=1)


def test_every_problem_of_a_file_is_told_with_its_line(capsys: Capture, folder: Path) -> None:
    (folder / "bad.yaml").write_text("program: p\nversion: one\n", encoding="utf-8")

    assert "bad.yaml:2: version" in said(capsys, "program", "check", "bad.yaml", code=1)


@pytest.mark.parametrize("group", ["serve", "source", "program"])
def test_every_group_explains_itself(capsys: Capture, group: str) -> None:
    with pytest.raises(SystemExit):
        main([group, "--help"])

    assert f"usage: milepost {group}" in capsys.readouterr().out


def test_a_reader_who_has_seen_enough_ends_a_command_quietly() -> None:
    command = [sys.executable, "-m", "milepost", "source", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()

        assert running.stderr.read() == ""
    assert running.returncode == 0


def test_pages_and_records_are_made_anew(capsys: Capture) -> None:
    said(capsys, "source", "add", "lms", "--kind", "moodle")

    assert said(capsys, "rebuild") == "0 learners, offerings and sources are shown again."
    assert said(capsys, "rebuild", "--records") == "0 learners, offerings and sources are shown again."


def test_an_impossible_setting_is_named_as_it_was_said_and_not_repeated(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(capsys, "serve", "--port", "80000", code=1) == "milepost: --port must be less than or equal to 65535"

    monkeypatch.setenv("MILEPOST_KEEP_RAW_DAYS", PASSWORD)
    told = said(capsys, "retention", code=1)
    assert told.startswith("milepost: MILEPOST_KEEP_RAW_DAYS must be a valid integer")
    assert PASSWORD not in told


@pytest.mark.parametrize("name", ["MILEPOST_KAFAK", "MILEPOST_DATABASE_URL", "MILEPOST_KEEP_LOGS_DAYS"])
def test_a_misspelled_setting_is_told_and_nothing_is_done_without_it(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, folder: Path, name: str
) -> None:
    monkeypatch.setenv(name, PASSWORD)

    told = said(capsys, "source", "list", code=1)

    assert told.startswith(f"milepost: {name} is no setting; did you mean MILEPOST_")
    assert PASSWORD not in told
    assert not (folder / "milepost.db").exists()


@pytest.mark.parametrize(
    "name", ["MILEPOST_KAFKA_JARS", "MILEPOST_TEST_DATABASE", "MILEPOST_GATEWAY_SERVICE_HOST", "MILEPOST_PORT_8000_TCP"]
)
def test_a_variable_of_something_else_is_no_mistake(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")

    assert "No source yet" in said(capsys, "source", "list")


@pytest.mark.parametrize(
    ("database", "why"),
    [
        ("", "MILEPOST_DATABASE is empty"),
        ("mysql://ana@127.0.0.1/x", "postgresql+psycopg://user@host/milepost"),
        ("postgresql+asyncpg://ana@127.0.0.1/x", "postgresql+psycopg://user@host/milepost"),
    ],
)
def test_a_database_that_cannot_be_meant_is_told(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, database: str, why: str
) -> None:
    monkeypatch.setenv("MILEPOST_DATABASE", database)

    assert why in said(capsys, "source", "list", code=1)


@pytest.mark.parametrize("kafka", ["", "kafka-1", "kafka-1:9092,kafka-2"])
def test_a_kafka_without_a_port_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch, kafka: str) -> None:
    monkeypatch.setenv("MILEPOST_KAFKA", kafka)

    assert "MILEPOST_KAFKA must name addresses with their ports" in said(capsys, "topics", "check", code=1)


@pytest.mark.parametrize("command", ["source list", "site prepare", "backup x", "console --port 0"])
def test_a_site_whose_database_was_forgotten_gets_no_file_instead(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, folder: Path, command: str
) -> None:
    monkeypatch.setenv("MILEPOST_KAFKA", "127.0.0.1:1")

    assert "name its database in MILEPOST_DATABASE" in said(capsys, *command.split(), code=1)
    assert not (folder / "milepost.db").exists()


@pytest.mark.parametrize("begin", [gateway.serve, projector.run_projector])
def test_a_process_of_a_site_does_not_begin_on_a_file(
    monkeypatch: pytest.MonkeyPatch, begin: Callable[..., int]
) -> None:
    monkeypatch.setattr("milepost.broker.topics.require", lambda _: None)

    with pytest.raises(NotStarted, match="MILEPOST_DATABASE"):
        begin(Settings(kafka="127.0.0.1:1"), listening=lambda _: None)


@pytest.mark.parametrize("command", ["serve --port 0", "rebuild", "rebuild --records", "dead-letters list"])
def test_what_works_on_one_process_alone_leaves_the_database_of_a_site_as_it_is(capsys: Capture, command: str) -> None:
    said(capsys, "source", "list")
    with closing(Database("milepost.db")) as database, database.writing() as connection:
        positions.raise_to(connection, positions.RELAY, 3)

    assert "a site keeps this database: MILEPOST_KAFKA" in said(capsys, *command.split(), code=1)


def test_one_process_does_not_begin_where_a_site_is_meant(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_KAFKA", "127.0.0.1:1")

    assert "unset MILEPOST_KAFKA" in said(capsys, "serve", "--port", "0", code=1)
