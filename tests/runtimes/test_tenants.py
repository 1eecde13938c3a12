"""Two organizations in one installation, with the same names for everything, and nothing of one shows in the other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from milepost.runtimes.bootstrap import running
from milepost.runtimes.embedded import build_app
from milepost.sources import zoom
from milepost.store import sources, tenants
from milepost.store.database import Database
from milepost.store.tables import METADATA, accepted, kept, shown
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.instants import SECOND, from_text
from tests.gateway.senders import zoom_message
from tests.runtimes.asking import AT, Asking, settings

ID = "7d5a1d2e-6a51-4b0c-9f4e-0a4b6f6d0001"
ENROLLED = {"type": "learner_enrolled", "id": "e", "program": "P", "person": {"mail": "ana@example.org", "name": "Ana"}}


class Installation:
    """Tenants `default` and `acme`, each with sources `lms`, `office` and `zoom`."""

    def __init__(self, parts: Any) -> None:
        self.services = parts.services
        self.tracker = parts.tracker
        self.client = Asking(build_app(parts))
        self.keys: dict[tuple[str, str], str] = {}
        at = self.services.clock.now()
        with self.services.database.writing() as connection:
            tenants.open_tenant(connection, "acme", at=at)
            for tenant in ("default", "acme"):
                for name, kind in (("lms", "xapi"), ("office", "office"), ("zoom", "zoom")):
                    declared = SourceDeclared(
                        tenant=tenant, fact_id=f"d-{name}", source=name, occurred_at=at, recorded_at=at,
                        received_at=at, kind=kind,
                    )  # fmt: skip
                    self.keys[tenant, name] = sources.add(connection, self.services.vault, declared)
                sources.set_secret(connection, self.services.vault, tenant, "zoom", f"secret of {tenant}")

    def ask(self, method: str, path: str, tenant: str, source: str, **more: Any) -> httpx.Response:
        headers = {"X-Experience-API-Version": "1.0.3", "Authorization": f"Bearer {self.keys[tenant, source]}"}
        return self.client._ask(method, path, headers=headers, **more)

    def call(self, path: str, secret: str) -> int:
        body = json.dumps(zoom_message("meeting.started")).encode()
        stamp = str(self.services.clock.now() // SECOND)
        headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": zoom.signature(secret, stamp, body)}
        return self.client.post(path, content=body, headers=headers).status_code


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with running(settings(tmp_path)) as parts:
        yield Installation(parts)


def statement(verb: str) -> dict[str, Any]:
    return {
        "id": ID,
        "actor": {"mbox": "mailto:ana@example.org", "name": "Ana"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": "https://lms.example.com/1"},
    }


def of(database: Database, tenant: str, table: Any) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(table).where(table.c.tenant == tenant)).mappings())


def test_a_key_reads_and_writes_what_is_its_tenant_s_alone(installation: Installation) -> None:
    ours = installation.ask("POST", "/xapi/statements", "default", "lms", json=statement("completed"))
    unseen = installation.ask("GET", f"/xapi/statements?statementId={ID}", "acme", "lms")
    theirs = installation.ask("POST", "/xapi/statements", "acme", "lms", json=statement("passed"))
    read = [installation.ask("GET", f"/xapi/statements?statementId={ID}", t, "lms").json() for t in ("default", "acme")]

    assert (ours.status_code, unseen.status_code, theirs.status_code) == (200, 404, 200)
    assert [one["verb"]["id"].rpartition("/")[2] for one in read] == ["completed", "passed"]


def test_one_person_is_two_learners_and_has_two_records(installation: Installation) -> None:
    item = {**ENROLLED, "occurred_at": AT}
    assert installation.ask("POST", "/v1/facts", "default", "office", json=[item]).is_success
    assert installation.ask("POST", "/v1/facts", "acme", "office", json=[{**item, "program": "Q"}]).is_success
    installation.tracker.set_clock(from_text(AT) + SECOND).result()

    database = installation.services.database
    journeys = {tenant: of(database, tenant, shown.journeys) for tenant in ("default", "acme")}
    assert {tenant: [row["program"] for row in rows] for tenant, rows in journeys.items()} == {
        "default": ["P"],
        "acme": ["Q"],
    }
    assert journeys["default"][0]["learner"] != journeys["acme"][0]["learner"]
    for table, column in ((accepted.people, "actor"), (accepted.identifiers, "identifier"), (kept.facts, "actor")):
        ours, theirs = ({row[column] for row in of(database, tenant, table)} - {None} for tenant in ("default", "acme"))
        assert ours
        assert theirs
        assert not ours & theirs


def test_a_webhook_is_its_tenant_s_by_path_and_secret(installation: Installation) -> None:
    assert installation.call("/webhooks/zoom/acme/zoom", "secret of default") == 401
    assert installation.call("/webhooks/zoom/zoom", "secret of acme") == 401
    assert installation.call("/webhooks/zoom/nobody/zoom", "secret of acme") == 404
    assert installation.call("/webhooks/zoom/acme/zoom", "secret of acme") == 204

    came = {
        tenant: len(of(installation.services.database, tenant, accepted.raw_messages)) for tenant in ("default", "acme")
    }
    assert came == {"default": 0, "acme": 1}


def test_whatever_is_kept_of_somebody_says_whose_it_is() -> None:
    hashed = {"statement_terms"}  # hashed over it
    shared = {table.name for table in METADATA.sorted_tables if "tenant" not in table.c}

    assert shared - hashed <= {
        "tenants",
        "positions",
        "records",
        "server_keys",
        "sign_ins",
        "sign_in_attempts",
    }
