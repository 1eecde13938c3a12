"""Who is erased is found nowhere any more, nobody else notices, and what is repeated does not bring them back."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, insert, select

from milepost.cli import main
from milepost.clock import ManualClock
from milepost.runtimes.bootstrap import running
from milepost.runtimes.embedded import build_app
from milepost.runtimes.erasing import clear_free_room, erase
from milepost.runtimes.rebuilding import rebuild_records
from milepost.store import audit, sources, tracing
from milepost.store.audit import AuditQuery
from milepost.store.database import Database
from milepost.store.tables import METADATA, accepted, kept
from milepost_schemas.facts import SourceDeclared
from milepost_schemas.instants import DAY
from milepost_schemas.submissions import Deed
from tests.core.builders import (
    TENANT,
    Somebody,
    elearning,
    ended,
    live,
    program,
    room,
    scheduled,
    session,
    started,
)
from tests.laws.effort import examples
from tests.laws.stories import ACTORS, START, Story, stories
from tests.runtimes.asking import Asking, settings
from tests.runtimes.tracked import SEEDS, everything_shown, tracked, tracked_on
from tests.services.databases import Server

ANA = {"mail": "ana.lopez@example.org", "name": "Ana López", "identities": [{"id": "staff-77411"}]}
BEN = {"mail": "ben.okoye@example.org", "name": "Ben Okoye"}
NAMED = ("ana.lopez", "López", "L\\u00f3pez", "staff-77411")


def of_others(database: Database, erased: set[str]) -> dict[str, list[Any]]:
    """All that is shown of anybody else, and of every session but who the nameless in it are."""
    found = everything_shown(database)
    return {
        name: [
            row for row in found[name] if not erased & {row.get("learner"), row.get("owner"), row.get("own_learner")}
        ]
        for name in ("learners", "journeys", "steps", "seats", "sessions", "participants", "gaps", "identifiers")
    }


def after_all_that_was_said(database: Database, clock: ManualClock) -> int:
    """Return a moment at which somebody can be erased: a story may end before what was said in it."""
    with database.reading() as connection:
        last: int = connection.execute(select(func.max(kept.facts.c.received_at))).scalar_one()
    return max(clock.now(), last + 1)


def nobody_else_notices(database: Database, clock: ManualClock, who: str) -> None:
    with database.reading() as connection:
        gone = set(tracing.traces(connection, TENANT, f"learner-{who}").learners)
    before = of_others(database, gone)

    found = erase(database, TENANT, f"learner-{who}", at=after_all_that_was_said(database, clock))

    assert of_others(database, gone) == before
    once = everything_shown(database)
    rebuild_records(database)
    assert everything_shown(database) == once
    assert not any(row["learner"] in gone for name in ("journeys", "steps") for row in once[name])
    with database.reading() as connection:
        keys = {each.actor for each in found.identifiers}
        assert not keys & set(connection.execute(select(accepted.identifiers.c.actor)).scalars())
        assert not keys & set(connection.execute(select(kept.facts.c.actor)).scalars())


@examples(25)
@given(story=stories(), seed=SEEDS, who=st.sampled_from(ACTORS))
def test_nobody_else_notices_also_not_when_all_is_rebuilt(migrated: Path, story: Story, seed: int, who: str) -> None:
    with tracked(migrated, story, seed) as (database, _, clock):
        nobody_else_notices(database, clock, who)


@examples(4)
@given(story=stories(), seed=SEEDS, who=st.sampled_from(ACTORS))
def test_nobody_else_notices_on_postgresql_either(postgres: Server, story: Story, seed: int, who: str) -> None:
    with postgres.fresh_database() as url:
        database = Database(url)
        _, clock = tracked_on(database, story, seed)
        nobody_else_notices(database, clock, who)
        database.close()


def test_who_missed_a_session_still_did_although_nobody_can_say_who_else_was_there(migrated: Path) -> None:
    ben, visitor = Somebody("ben"), Somebody("visitor")
    course = live(channels={"remote": "zoom"}, after={"steps": ["e"], "gate": "soft"})
    said = (
        program(elearning(), course),
        *scheduled("S1", session("Mon 14 10:00", channels=(room(),))),
        ben.enrolled(),
        ben.booked("S1"),
        visitor.enrolled(),
        started("Mon 14 10:00"),
        visitor.joined("Mon 14 10:00", connection="Vera Visit"),
        visitor.left("Mon 14 11:00", connection="Vera Visit"),
        ended("Mon 14 11:00"),
    )
    with tracked(migrated, Story(said, START + 30 * DAY), 1) as (database, _, clock):
        assert absences(database) == {ben.learner}

        nobody_else_notices(database, clock, "visitor")

        assert absences(database) == {ben.learner}
        with database.reading() as connection:
            standing = select(accepted.identifiers.c.standing).where(
                accepted.identifiers.c.identifier == visitor.identifier
            )
            assert connection.execute(standing).scalar() == "known"
            bodies = connection.execute(select(kept.facts.c.body)).scalars().all()
            assert not any("Vera Visit" in body for body in bodies)


def absences(database: Database) -> set[str]:
    return {
        str(row["learner"])
        for row in everything_shown(database)["seats"]
        if any(of_session["outcome"] == "absent" for of_session in row["sessions"])
    }


class Office:
    """A server with one office, which enrolls Ana and Ben, and says where they sit."""

    def __init__(self, parts: Any) -> None:
        self.services, self.tracker = parts.services, parts.tracker
        self.client = Asking(build_app(parts))
        at = self.at = self.services.clock.now()
        declared = SourceDeclared(
            tenant=TENANT, fact_id="d", source="office", occurred_at=at, recorded_at=at, received_at=at, kind="office"
        )
        with self.database.writing() as connection:
            self.key = sources.add(connection, self.services.vault, declared)
        self.items = [self._item(kind, who, **more) for who in (ANA, BEN) for kind, more in SAID]

    @property
    def database(self) -> Database:
        database: Database = self.services.database
        return database

    def say(self, *items: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        for item in items:
            answer = self.client._ask("POST", "/v1/facts", headers=headers, json=[item])
            assert answer.status_code == 200, answer.text
        self.tracker.set_clock(self.at).result()

    def _item(self, kind: str, who: dict[str, Any], **more: Any) -> dict[str, Any]:
        if "reason" in more:
            more["reason"] = f"{who['name']} {more['reason']}"
        return {"type": kind, "id": f"{kind} of {who['name'][:3]}", "person": who, **more}

    def learner(self, text: str) -> str:
        with self.database.reading() as connection:
            [learner] = {each.learner for each in tracing.find(connection, TENANT, text)}
        return learner


SAID_AT = {"occurred_at": "2026-09-01T08:00:00Z"}

SAID = (
    ("learner_enrolled", {"program": "P", "occurred_at": "2026-09-01T08:00:00Z"}),
    ("seat_changed", {"offering": "S1", "state": "booked", "occurred_at": "2026-09-01T08:00:00Z"}),
    ("seat_excused", {"offering": "S1", "reason": "is ill", "occurred_at": "2026-09-01T09:00:00Z"}),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    more = {"database": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    with running(settings(tmp_path, server_key_file=tmp_path / "milepost.key", **more)) as parts:
        office = Office(parts)
        office.say(*office.items)
        yield office


def kept_in(database: Database) -> set[str]:
    """Which names are in the file, its free room included; of a server, in any row."""
    texts = (*NAMED, "ben.okoye")
    if database.is_postgres:
        with database.reading() as connection:
            rows = [repr(tuple(row)) for table in METADATA.sorted_tables for row in connection.execute(select(table))]
        return {text for text in texts if any(text in row for row in rows)}
    place = Path(str(database.engine.url.database))
    files = [file.read_bytes() for file in place.parent.glob(f"{place.name}*")]
    return {text for text in texts if any(text.encode() in file for file in files)}


def test_nothing_by_which_somebody_is_found_is_in_the_file_any_more(office: Office) -> None:
    assert kept_in(office.database) >= {"ana.lopez", "López", "staff-77411"}

    erase(office.database, TENANT, office.learner("ana.lopez"), at=office.at)
    clear_free_room(office.database)

    assert kept_in(office.database) == {"ben.okoye"}


def test_who_says_it_again_after_a_kill_clears_the_file_too(office: Office) -> None:
    ana = office.learner("ana.lopez")
    erase(office.database, TENANT, ana, at=office.at)

    assert main(["person", "erase", ana, "--yes", *place_of(office)]) == 0

    assert kept_in(office.database) == {"ben.okoye"}


def keep_statement(office: Office, statement_id: str, actor: str) -> None:
    row = {"tenant": TENANT, "statement_id": statement_id, "authority": "office", "verb": "v", "body": "{}"}
    moments = dict.fromkeys(("occurred_at", "recorded_at", "stored_at"), office.at)
    with office.database.writing() as connection:
        connection.execute(insert(accepted.statements), {**row, **moments, "facts": f'[["{actor}", "f", false]]'})


def test_what_comes_while_all_is_looked_through_is_found_too_and_nothing_is_looked_through_twice(
    office: Office,
) -> None:
    ana = office.learner("ana.lopez")
    with office.database.reading() as connection:
        actor = tracing.person(connection, TENANT, ana).identifiers[0].actor
    keep_statement(office, "b", actor)
    with office.database.reading() as connection:
        seen = tracing.look(connection, TENANT, ana)
    keep_statement(office, "a", actor)
    office.say({"type": "learner_enrolled", "id": "late", "person": ANA, "program": "Q", **SAID_AT})
    with office.database.writing() as connection:
        connection.execute(delete(accepted.raw_messages).where(accepted.raw_messages.c.number == seen.requests[0]))

    with office.database.reading() as connection:
        found = tracing.traces(connection, TENANT, ana, seen=seen)

    assert set(found.statements) >= {"a", "b", *seen.statements}
    assert len(set(found.statements)) == len(found.statements)
    assert set(found.requests) > set(seen.requests)


def test_who_has_become_somebody_else_since_is_looked_for_again(office: Office) -> None:
    ana, ben = office.learner("ana.lopez"), office.learner("ben.okoye")
    with office.database.reading() as connection:
        seen = tracing.look(connection, TENANT, ben)

        assert tracing.traces(connection, TENANT, ana, seen=seen) == tracing.traces(connection, TENANT, ana)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_no_page_of_requests_or_documents_sorts_all_of_them(office: Office) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    with office.database.reading() as connection:
        tracing.look(connection, TENANT, office.learner("ana.lopez"))

        long = ("raw_messages.body", "documents.body")
        pages = [(sql, values) for sql, values in asked if any(column in sql for column in long)]
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in pages]
    assert len(plans) >= 2
    assert "TEMP B-TREE" not in str(plans)


def place_of(office: Office) -> tuple[str, str]:
    url = office.database.engine.url
    return "--database", url.render_as_string(hide_password=False) if office.database.is_postgres else str(url.database)


def test_the_audit_log_says_that_somebody_was_erased_and_not_who(office: Office) -> None:
    erase(office.database, TENANT, office.learner("ana.lopez"), at=office.at)

    with office.database.reading() as connection:
        [line] = audit.read(connection, TENANT, AuditQuery(what="person_erased"))
    assert line.subject is None


def test_no_line_of_the_audit_log_names_an_identifier_of_somebody_erased_however_many_they_had(office: Office) -> None:
    for start in range(0, 120, 20):
        badges = [{"id": f"badge-{number:03}"} for number in range(start, start + 20)]
        office.say({"type": "person_described", "id": f"from {start}", "person": {**BEN, "identities": badges}})
    ben = office.learner("ben.okoye")
    with office.database.writing() as connection:
        named = [each.identifier or each.actor for each in tracing.traces(connection, TENANT, ben).identifiers]
        for each in named:
            deed = Deed(account="kim", what="linked_identifier", details={"to": each})
            audit.write(connection, TENANT, deed, at=office.at)

    erase(office.database, TENANT, ben, at=office.at)

    assert len(named) > 100
    with office.database.reading() as connection:
        lines = audit.read(connection, TENANT, AuditQuery(what="linked_identifier", size=len(named)))
    assert [line.details for line in lines] == [{}] * len(named)


def test_what_is_repeated_is_taken_and_not_kept_and_what_is_new_is_of_somebody_new(office: Office) -> None:
    before = office.learner("ana.lopez")
    erase(office.database, TENANT, before, at=office.at)

    office.say(*office.items)
    with office.database.reading() as connection:
        assert tracing.find(connection, TENANT, "ana.lopez") == []
    clear_free_room(office.database)
    assert kept_in(office.database) == {"ben.okoye"}

    office.say({"type": "learner_enrolled", "id": "anew", "program": "P", "person": ANA})
    assert office.learner("ana.lopez") != before


def test_the_command_says_what_there_is_and_erases_only_if_that_is_asked_for(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    place = place_of(office)
    learner = office.learner("ana.lopez")

    assert main(["person", "find", "lópez", *place]) == 0
    assert learner in capsys.readouterr().out
    assert main(["person", "erase", learner, *place]) == 0
    assert "Nothing was erased" in capsys.readouterr().out
    assert office.learner("ana.lopez") == learner
    assert main(["person", "erase", learner, "--yes", *place]) == 0
    assert "2 facts of seats and presence stay" in capsys.readouterr().out
    assert main(["person", "erase", learner, "--yes", *place]) == 0
    assert "This person is erased" in capsys.readouterr().out
    assert main(["person", "erase", "nobody", "--yes", *place]) == 1


# --- documents of content --------------------------------------------------------------------------------------------


CARL = {"mbox": "mailto:carl.nowak@example.org", "name": "Carl Nowak"}
OF_ANA = {"mbox": "mailto:ana.lopez@EXAMPLE.org"}
ALSO_OF_ANA = {"account": {"homePage": "http://lms.example.org/", "name": "lopez-41"}}
OF_BEN = {"mbox": "mailto:ben.okoye@example.org"}


class Shelf:
    """What content keeps about agents, by a source of its own."""

    def __init__(self, office: Office) -> None:
        at = office.at
        declared = SourceDeclared(
            tenant=TENANT, fact_id="p", source="player", occurred_at=at, recorded_at=at, received_at=at, kind="xapi"
        )
        with office.database.writing() as connection:
            self._key = sources.add(connection, office.services.vault, declared)
        self._client = office.client

    def put(self, agent: dict[str, Any], body: str) -> None:
        state = {"activityId": "https://content.example.net/1", "agent": json.dumps(agent), "stateId": "bookmark"}
        profile = {"agent": json.dumps(agent), "profileId": "settings"}
        for path, query in (("activities/state", state), ("agents/profile", profile)):
            assert self._ask("PUT", path, query, body).status_code == 204

    def names(self, agent: dict[str, Any]) -> list[str]:
        state = {"activityId": "https://content.example.net/1", "agent": json.dumps(agent)}
        found = self._ask("GET", "activities/state", state).json()
        return [*found, *self._ask("GET", "agents/profile", {"agent": json.dumps(agent)}).json()]

    def _ask(self, method: str, path: str, query: dict[str, str], body: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "X-Experience-API-Version": "1.0.3"}
        return self._client._ask(method, f"/xapi/{path}?{urlencode(query)}", headers=headers, content=body.encode())


@pytest.fixture
def shelf(office: Office) -> Shelf:
    return Shelf(office)


def test_documents_go_with_the_person_under_whatever_identifier_they_lie(
    office: Office, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    account = {"home_page": "https://lms.example.org", "name": "lopez-41"}
    office.say({"type": "person_described", "id": "linked", "person": {**ANA, "identities": [{"account": account}]}})
    shelf.put(OF_ANA, "slide 7")
    shelf.put(ALSO_OF_ANA, "slide 8")
    shelf.put(OF_BEN, "with Ana L\u00f3pez")
    ana = office.learner("ana.lopez")

    assert main(["person", "erase", ana, "--yes", *place_of(office)]) == 0

    said = capsys.readouterr().out
    assert re.search("documents of content +4", said)
    assert "2 statements and documents of others name this person" in said
    assert [shelf.names(agent) for agent in (OF_ANA, ALSO_OF_ANA)] == [[], []]
    assert shelf.names(OF_BEN) == ["bookmark", "settings"]
    assert "lopez-41" not in everything_in(office.database)


def everything_in(database: Database) -> str:
    with database.reading() as connection:
        return repr([connection.execute(select(table)).all() for table in METADATA.sorted_tables])


def test_who_is_known_by_documents_alone_is_found_and_erased_as_well(
    office: Office, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put(CARL, "slide 7")
    shelf.put(OF_BEN, "slide 8")
    office.say()  # nothing more, and all that was said is taken in
    place, shown = place_of(office), everything_shown(office.database)

    assert main(["person", "find", "Carl.Nowak", *place]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "carl.nowak" in line]
    stranger = line.split()[0]
    assert line.split()[:3] == [stranger, "stranger", "carl.nowak@example.org"]
    assert main(["person", "erase", stranger, *place]) == 0
    assert "Nothing was erased" in capsys.readouterr().out
    assert main(["person", "erase", stranger, "--yes", *place]) == 0
    assert re.search("documents of content +2", capsys.readouterr().out)

    assert (shelf.names(CARL), shelf.names(OF_BEN)) == ([], ["bookmark", "settings"])
    assert "carl.nowak" not in everything_in(office.database)
    assert stranger not in everything_in(office.database)
    assert everything_shown(office.database) == shown
    assert main(["person", "erase", stranger, "--yes", *place]) == 1


def test_who_is_known_is_no_stranger_however_their_documents_are_looked_for(office: Office, shelf: Shelf) -> None:
    shelf.put(OF_BEN, "slide 7")
    with office.database.reading() as connection:
        [ben] = tracing.find(connection, TENANT, "ben.okoye")

        assert ben.standing != tracing.STRANGER
        assert tracing.traces(connection, TENANT, ben.named).identifiers == []
        assert len(tracing.traces(connection, TENANT, ben.learner).documents) == 2


def test_a_document_that_comes_while_all_is_looked_through_goes_too_and_none_is_looked_through_twice(
    office: Office, shelf: Shelf
) -> None:
    ana = office.learner("ana.lopez")
    shelf.put(OF_BEN, "with Ana L\u00f3pez")
    with office.database.reading() as connection:
        seen = tracing.look(connection, TENANT, ana)
    shelf.put(OF_ANA, "slide 7")
    shelf.put(CARL, "with Ana L\u00f3pez")

    with office.database.reading() as connection:
        found = tracing.traces(connection, TENANT, ana, seen=seen)

    assert (len(found.documents), found.naming) == (2, 2)
