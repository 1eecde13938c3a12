import json
from pathlib import Path

import httpx
import pytest

from milepost.console.origins import is_loopback
from milepost.runtimes.bootstrap import NotStarted, running
from milepost.runtimes.embedded import build_app
from milepost.store import sources, tenants
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.instants import from_text
from tests.runtimes.asking import AT, LATER, Asking, settings, statement
from tests.runtimes.serving import Served


def test_the_first_start_makes_tables_a_tenant_and_a_key(tmp_path: Path) -> None:
    with running(settings(tmp_path)) as parts, parts.services.database.reading() as connection:
        assert tenants.every(connection) == ["default"]
        assert tenants.tracking_from(connection, "default") == from_text(AT)

    assert (tmp_path / "milepost.key").exists()


def test_a_message_over_http_is_taken_in_and_counted(tmp_path: Path) -> None:
    with running(settings(tmp_path)) as parts:
        services = parts.services
        with services.database.writing() as connection:
            at = services.clock.now()
            declared = SourceDeclared(
                tenant="default", fact_id="d", source="lms", occurred_at=at, recorded_at=at, received_at=at, kind="xapi"
            )
            key = sources.add(connection, services.vault, declared)
        client = Asking(build_app(parts))
        headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {key}"}

        answer = client.post("/xapi/statements", json=statement(), headers=headers)
        moved = client.put("/test/clock", json={"at": LATER})
        metrics = client.get("/metrics").text

        assert answer.status_code == 200
        assert moved.json() == {"at": "2026-09-07T07:00:00.000Z"}
        assert client.get("/test/clock").json() == moved.json()
        assert "milepost_log_lag_messages 0.0" in metrics
        assert "milepost_messages_processed_total 4.0" in metrics  # opened, declared, reported, heard
        assert client.get("/health/live").json() == client.get("/health/ready").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "said"),
    [('{"at": "2026-09-07T05:00:00Z"}', "cannot go back"), ('{"at": "noon"}', "RFC 3339"), ("[]", "send")],
)
def test_the_clock_says_why_it_does_not_move(tmp_path: Path, body: str, said: str) -> None:
    with running(settings(tmp_path)) as parts:
        answer = Asking(build_app(parts)).put("/test/clock", content=body)

    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_the_clock_of_the_system_cannot_be_set(tmp_path: Path) -> None:
    with running(settings(tmp_path, clock="system", clock_at=None)) as parts:
        answer = Asking(build_app(parts)).put("/test/clock", json={"at": AT})

    assert answer.status_code in (404, 405)


def test_a_manual_clock_goes_on_where_the_database_stopped(tmp_path: Path) -> None:
    with running(settings(tmp_path)) as parts:
        parts.tracker.set_clock(from_text(LATER)).result(30)

    with running(settings(tmp_path, clock_at=None)) as parts:
        assert parts.services.clock.now() == from_text(LATER)

    with pytest.raises(NotStarted, match="has seen 2026-09-07T07:00:00"), running(settings(tmp_path)):
        pass


def test_where_no_server_key_can_be_made_it_is_said_where_that_was(tmp_path: Path) -> None:
    nowhere = settings(tmp_path, server_key_file=tmp_path / "no" / "milepost.key")

    with pytest.raises(NotStarted, match=r"no server key can be read or made at .*no/milepost.key"), running(nowhere):
        pass


def test_a_tracker_that_failed_is_neither_alive_nor_ready(tmp_path: Path) -> None:
    with running(settings(tmp_path)) as parts:
        parts.tracker.error = RuntimeError()
        parts.tracker.stop()
        client = Asking(build_app(parts))

        assert client.get("/health/live").status_code == 503
        assert client.get("/health/ready").json()["because"] == "the tracker has stopped"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "milepost.example.org"])
def test_beyond_this_machine_nobody_gets_in_without_an_account(tmp_path: Path, host: str) -> None:
    with running(settings(tmp_path, host=host)) as parts:
        answer = Asking(build_app(parts)).get("/v1/gaps")

    assert not is_loopback(host)
    assert answer.status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_these_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.slow
def test_a_signal_ends_the_process_and_its_log_names_nobody(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        key = served.milepost("source", "add", "lms", "--kind", "xapi")
        served.start()
        headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=served.address(), headers=headers) as client:
            assert client.post("/xapi/statements", json=statement()).status_code == 200
            assert client.post("/xapi/statements", json={**statement(), "verb": {}}).status_code == 400
            assert client.get("/xapi/statements?agent=ana@example.org").is_error

        assert served.stop() == 0

    lines = [json.loads(line) for line in served.log().splitlines()]
    assert {"listening", "refused"} <= {line["event"] for line in lines}
    assert "ana@" not in served.log()
    assert "Ana Ruiz" not in served.log()
    assert "Ana Ruiz" in served.milepost("source", "tail", "lms", "--bodies")


@pytest.mark.slow
def test_a_tracker_that_fails_ends_the_process_with_an_error(tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.milepost("source", "add", "lms", "--kind", "xapi")
    spoiled = tmp_path / "spoil.py"
    spoiled.write_text(
        "import sys\n"
        "from milepost.tracker.cascade import Cascade\n"
        "def tick(self, tenant, at): raise KeyError('ana@example.org')\n"
        "Cascade.tick = tick\n"
        "from milepost.cli import main\n"
        "sys.exit(main(['serve', '--port', '0']))\n"
    )

    code = served.run_to_its_end("spoil.py")

    assert code == 1
    assert "tracker_failed" in served.log()
    assert "KeyError" in served.log()
    assert "ana@example.org" not in served.log()
