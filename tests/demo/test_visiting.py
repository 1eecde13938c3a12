"""The demo at a Milepost that somebody else runs: what its senders repeat, when its story lies, what it compares."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import islice, takewhile
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from milepost.cli import main
from milepost.clock import ManualClock
from milepost.demo.acts import Act
from milepost.demo.admission import Credential, admit, place_of
from milepost.demo.comparison import Kept, Outcome, compare, promised, told
from milepost.demo.ending import Ended
from milepost.demo.journal import Entry, Journal, acknowledged, read_entries, refused, said_of_itself
from milepost.demo.persisting import LONGEST_PAUSE_SECONDS, Pace, Persistence, pauses
from milepost.demo.processes import Failed
from milepost.demo.script import BEGINS_ON, Script, first_day
from milepost.demo.sending import Answer
from milepost.runtimes.bootstrap import open_database
from milepost.runtimes.local.ports import free_port
from milepost.settings import Settings
from milepost.store import recording
from milepost.store.database import Database
from milepost.store.tables import kept
from milepost_schemas.instants import DAY, HOUR, from_text
from tests.demo.test_demo import Played
from tests.runtimes.serving import Served

NOON = from_text("2026-11-22T12:00:00Z")
AWAY = Answer(problem="joined was not taken: connection refused")
BUSY = Answer(problem="joined was not taken: come again", status=503)
WRONG = Answer(problem="joined was not taken: no", status=422)
TAKEN = Answer(ids=("7",))


# --- saying it again -------------------------------------------------------------------------------------------------


class Server:
    """Answers as it is told to, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.waited: list[float] = []
        self.told: list[str] = []
        self.persistence = Persistence(self.wait, self.told.append)
        self.ends_after = 100

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) > self.ends_after

    def say(self) -> Answer:
        return self.persistence.until_decided("zoom", lambda: next(self._answers))


def test_what_nobody_answers_or_can_take_now_is_said_again_until_it_is_taken() -> None:
    server = Server(AWAY, BUSY, AWAY, TAKEN)

    answer = server.say()

    tally = server.persistence.tally
    assert answer == TAKEN
    assert (tally.sent, tally.acknowledged, tally.repeated, tally.refused) == (4, 1, 3, 0)
    assert len(server.told) == 2  # that trouble began, and that it is over


def test_pauses_grow_up_to_a_limit() -> None:
    first = list(islice(pauses(), 8))

    assert first[:4] == [0.5, 1.0, 2.0, 4.0]
    assert first[-1] == LONGEST_PAUSE_SECONDS
    server = Server(*[AWAY] * 5, TAKEN)
    server.say()
    assert server.waited == first[:5]


def test_what_is_refused_for_good_is_not_said_again() -> None:
    server = Server(WRONG, TAKEN)

    assert server.say() == WRONG
    assert server.waited == []
    assert server.persistence.tally.refused == 1


def test_somebody_who_ends_the_demo_ends_the_repeating() -> None:
    server = Server(*[BUSY] * 10)
    server.ends_after = 2

    with pytest.raises(Ended):
        server.say()
    assert server.persistence.tally.acknowledged == 0


@pytest.mark.parametrize("status", [None, 408, 429, 500, 502, 503, 504])
def test_an_answer_that_passes_is_one_of_a_server_that_is_away_or_busy(status: int | None) -> None:
    assert Answer(problem="no", status=status).is_passing


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_an_answer_about_what_was_said_does_not_pass(status: int) -> None:
    assert not Answer(problem="no", status=status).is_passing


def test_all_senders_together_keep_to_the_pace() -> None:
    now = 100.0
    pace = Pace(4, now=lambda: now)

    assert [pace.seconds_until_mine() for _ in range(4)] == [0, 0.25, 0.5, 0.75]
    now = 200.0
    assert [pace.seconds_until_mine() for _ in range(2)] == [0, 0.25]  # what was not used is not caught up
    assert [Pace(None, now=lambda: now).seconds_until_mine() for _ in range(2)] == [0, 0]


# --- the moved time --------------------------------------------------------------------------------------------------


def until(script: Script, at: int) -> Iterator[Act]:
    return takewhile(lambda act: act.at <= at, script.acts())


@pytest.mark.parametrize("days", [1, 3, 21])
def test_the_last_of_the_told_days_is_today(days: int) -> None:
    script = Script(begins_on=first_day(NOON, days))

    assert script.begins_at + days * DAY <= NOON < script.begins_at + (days + 1) * DAY


@pytest.mark.parametrize("later", [*range(7), 60, 244, 290])
def test_a_story_can_begin_on_any_day_and_nobody_says_what_has_not_happened_yet(later: int) -> None:
    script = Script(cohort_of=7, begins_on=BEGINS_ON + timedelta(days=later))
    acts = list(until(script, script.begins_at + 40 * DAY))

    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert not [act for act in acts if act.said.get("when", act.at) > act.at]
    assert {act.sender for act in acts} == {"lms", "zoom", "office"}
    assert acts[0].at >= script.begins_at - DAY
    outage = script.begins_at + 3 * DAY + 20 * HOUR
    assert not [act for act in acts if act.sender == "lms" and outage <= act.at < outage + 6 * HOUR]


# --- the journal -----------------------------------------------------------------------------------------------------


def test_a_journal_says_how_far_each_sender_is_whatever_ended_it(tmp_path: Path) -> None:
    file = tmp_path / "acknowledged.jsonl"
    journal = Journal(file)
    for entry in (
        Entry("lms", "quiz", ("1",), ("f",)),
        Entry("zoom", "left"),
        said_of_itself("lms", "import_began", "9"),
    ):
        journal.add(entry)
    with file.open("a") as broken_off:
        broken_off.write('{"sender": "lms", "do": "qu')

    again = Journal(file)
    again.add(Entry("lms", "quiz", refused="no"))

    assert again.decided() == {"lms": 2, "zoom": 1}
    assert list(read_entries(file)) == again.entries
    assert file.stat().st_mode & 0o777 == 0o600


ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from milepost.demo.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
Journal(Path(sys.argv[1]))
"""


def test_a_journal_that_is_taken_up_where_nothing_can_be_written_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "acknowledged.jsonl"
    Journal(file).add(Entry("zoom", "left"))
    before = file.read_bytes()

    subprocess.run([sys.executable, "-c", ON_A_FULL_DISK, str(file)], check=False, capture_output=True, timeout=60)

    assert file.read_bytes() == before


def test_every_act_that_is_acknowledged_promises_what_a_site_can_be_asked_for() -> None:
    script = Script(cohort_of=7)
    acts = [act for act in until(script, script.begins_at + 20 * DAY) if act.do != "link_guest"]

    for act in acts:
        entry = acknowledged(act, () if act.sender == "zoom" else ("ABC",))
        host = bool(act.sender == "zoom" and act.said["who"] and act.said["who"].get("host"))
        assert entry.statements == {"lms": ("abc",), "office": ("fact:abc",), "zoom": ()}[act.sender]
        assert bool(entry.facts) != (host or act.do in ("void", "describe")), act
        assert (entry.enrolled is not None) == (act.do == "enroll")


# --- comparing -------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(Settings(database=str(tmp_path / "milepost.db")))
    yield database
    database.close()


def compared(database: Database, of: Kept, *, ticked_at: int) -> Outcome:
    with database.writing() as connection:
        recording.note_tick(connection, "default", ticked_at)
    looks = 0

    def wait(seconds: float) -> bool:
        nonlocal looks
        looks += 1
        return looks > 2

    return compare(database, of, ManualClock(NOON), wait=wait)


def test_what_a_site_has_not_is_missing_once_it_has_caught_up(database: Database) -> None:
    of = promised(
        [Entry("lms", "quiz", ("s-1",), ("f-1",)), Entry("office", "enroll", ("fact:e",), (), "a@example.com")]
    )

    outcome = compared(database, of, ticked_at=NOON)

    assert outcome.missing == of
    assert told(outcome).startswith("MISSING although the site has caught up: 2 statements, 1 facts and 1 learners")
    assert "s-1" in told(outcome)


def test_what_a_site_has_not_taken_in_yet_is_not_called_missing(database: Database) -> None:
    outcome = compared(database, Kept(facts=frozenset({"f-1"})), ticked_at=NOON - HOUR)

    assert not outcome.is_caught_up
    assert told(outcome).startswith("The site has not caught up (its clock moved last at 2026-11-22T11:00:00")


def test_nothing_is_missing_where_nothing_was_acknowledged(database: Database) -> None:
    refusals = [refused(next(Script().acts()), "no")]

    outcome = compared(database, promised(refusals), ticked_at=0)

    assert told(outcome) == (
        "Nothing is missing: the site has all 0 statements, 0 facts and 0 learners that it acknowledged."
    )


# --- being let in ----------------------------------------------------------------------------------------------------


def test_keys_are_kept_for_their_owner_alone_and_beside_the_server_key(tmp_path: Path) -> None:
    settings = Settings(database=str(tmp_path / "milepost.db"))
    place = place_of(settings)
    place.begin(Script("seed", 5, date(2026, 11, 2)))
    place.admit("zoom", Credential("key", "secret"))

    again = place_of(settings)

    assert again.folder == tmp_path / "demo"
    assert (again.script, again.credentials) == (place.script, {"zoom": Credential("key", "secret")})
    assert (again.folder / "demo.json").stat().st_mode & 0o777 == 0o600


def test_a_source_of_somebody_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setenv("MILEPOST_DATABASE", str(tmp_path / "milepost.db"))
    assert main(["source", "add", "lms", "--kind", "moodle"]) == 0

    with pytest.raises(Failed, match=r"has a source lms already, and .* has no key of it"):
        admit(place_of(Settings()), database)


def test_the_keys_of_another_site_are_not_tried(tmp_path: Path, database: Database) -> None:
    place = place_of(Settings(database=str(tmp_path / "milepost.db")))
    place.admit("lms", Credential("key of another site"))

    with pytest.raises(Failed, match="keys of a demo on another site"):
        admit(place, database)


def test_settings_that_name_no_site_are_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MILEPOST_DATABASE", str(tmp_path / "nowhere.db"))

    done = subprocess.run(
        [sys.executable, "-m", "milepost", "demo", "--to", "http://127.0.0.1:9"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 1
    assert "there is no database" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [["--to", "http://x", "--keep"], ["--pace", "3"], ["--check"]])
def test_options_that_do_not_go_together_are_said_so(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *options]) == 1
    assert "with --to" in capsys.readouterr().err


# --- a real server ---------------------------------------------------------------------------------------------------


class Visiting(Played):
    """A demo that reports to a server, in its folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder, "--to", *options)


@pytest.mark.slow
def test_a_server_that_is_killed_under_the_demo_has_all_that_it_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_DATABASE", "milepost.db")
    port = str(free_port())
    with Served(tmp_path, "--port", port) as server:
        server.start()
        demo = Visiting(tmp_path, server.address(), "--days", "10", "--learners", "3", "--pace", "25")
        try:
            demo.wait_for(r"[1-9]\d* messages are acknowledged \.\.\.")
            server.kill()
            demo.wait_for("It is said again until it is taken")
            server.start()
            demo.wait_for("goes on by the clock")
            assert demo.end() == 0, demo.printed
        finally:
            if demo.process.poll() is None:
                demo.end(signal.SIGTERM)
        first = demo.printed
        learners = httpx.get(f"{server.address()}/v1/programs/lockout-tagout").json()["total"]
        entries = list(read_entries(tmp_path / "demo" / "acknowledged.jsonl"))

        again = Visiting(tmp_path, server.address())
        again.wait_for("goes on by the clock")
        assert again.end() == 0, again.printed
        spoiled = next(entry for entry in entries if entry.sender == "lms" and entry.facts)
        with closing(Database(tmp_path / "milepost.db")) as database, database.writing() as connection:
            connection.execute(delete(kept.facts).where(kept.facts.c.fact_id == spoiled.facts[0]))
        checked = subprocess.run(
            [sys.executable, "-m", "milepost", "demo", "--to", server.address(), "--check"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert "Nothing is missing" in first
    assert learners == len(promised(entries).learners) >= 6
    assert not [entry for entry in entries if entry.refused]
    repeated = re.search(r"(\d+) were repetitions", first)
    assert repeated is not None
    assert int(repeated[1]) >= 1
    assert re.search(r"^[0-3] messages were sent", again.printed, re.MULTILINE), again.printed
    assert checked.returncode == 1
    assert "1 facts and 0 learners of" in checked.stdout
    assert spoiled.facts[0] in checked.stdout
