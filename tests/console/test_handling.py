"""What people do about gaps, and how long it holds."""

from typing import Any

import pytest
from sqlalchemy import select

from milepost.store import bulk
from milepost.store.tables import shown
from tests.console.accounts import Door
from tests.console.http import Http
from tests.console.world import World

Json = dict[str, Any]


@pytest.fixture
def door(world: World) -> Door:
    """Ana and Ben were enrolled a fortnight ago and have begun nothing; Carla and Cem coordinate, Vera reads."""
    world.publish()
    world.at("2026-08-28T08:00:00Z")
    world.enrolled("Ana Ruiz", cohort="spring")
    world.enrolled("Ben Okafor", cohort="autumn")
    world.at("2026-09-07T07:00:00Z")
    made = Door(world)
    for name in ("carla", "cem"):
        made.account(name)
    made.account("vera", "viewer")
    return made


def gap_of(asked: Http, name: str) -> Json:
    for view in ("open", "snoozed", "mitigated", "closed", "retracted"):
        for each in asked.get("/v1/gaps", params={"view": view, "q": name, "gap": "never_started"}).json()["gaps"]:
            return {**each, "view": view}
    raise AssertionError(f"{name} has no gap")


def do(asked: Http, name: str, what: str, **more: Any) -> Any:
    gap = gap_of(asked, name)
    command = {"do": what, "version": gap["handling"]["version"], **more}
    return asked.post(f"/v1/gaps/{gap['gap']['gap_id']}/handling", json=command)


def test_a_gap_is_acknowledged_by_somebody_and_it_is_taken_back(door: Door) -> None:
    carla = door.signed_in("carla")

    assert do(carla, "Ana", "acknowledge").json()["handling"]["acknowledged_by"] == "carla"
    page = carla.get(f"/gaps/{gap_of(carla, 'Ana')['gap']['gap_id']}").text
    assert "<b>Acknowledged</b> by carla, " in page

    do(carla, "Ana", "unacknowledge")

    assert gap_of(carla, "Ana")["handling"]["acknowledged_at"] is None


def test_a_note_with_a_character_that_no_database_must_keep_is_refused_in_words(door: Door) -> None:
    refused = do(door.signed_in("carla"), "Ana", "note", text="a\x00b")

    assert refused.status_code == 422
    assert "text: " in refused.json()["detail"]


def test_a_gap_is_given_to_somebody_and_each_finds_theirs(door: Door) -> None:
    carla, cem = door.signed_in("carla"), door.signed_in("cem")

    do(carla, "Ana", "assign", to="cem")

    mine = cem.get("/v1/gaps?assigned=me").json()
    assert [each["learner_name"] for each in mine["gaps"]] == ["Ana Ruiz"]
    assert mine["total"] == 1
    assert carla.get("/v1/gaps?assigned=me").json()["total"] == 0
    nobodys = carla.get("/v1/gaps?assigned=nobody").json()
    assert "Ana Ruiz" not in [each["learner_name"] for each in nobodys["gaps"]]
    assert nobodys["total"] == len(nobodys["gaps"])
    counts = {each["value"]: each["count"] for each in carla.get("/v1/gaps").json()["assigned"]}
    assert counts == {"cem": 1, "nobody": nobodys["total"]}
    assert carla.get("/gaps?assigned=cem").text.count('class="holder"') == 1


def test_a_gap_is_given_to_accounts_that_there_are(door: Door) -> None:
    carla = door.signed_in("carla")

    for nobody in ("doris", "me", "nobody"):
        assert do(carla, "Ana", "assign", to=nobody).status_code == 422


def test_without_accounts_a_gap_is_given_to_any_name(world: World) -> None:
    world.publish()
    world.at("2026-08-28T08:00:00Z")
    world.enrolled("Ana Ruiz")
    world.at("2026-09-07T07:00:00Z")
    asked = world.client()

    assert do(asked, "Ana", "assign", to="Doris from the office").status_code == 200

    assert asked.get("/v1/gaps?assigned=Doris from the office").json()["total"] == 1


def test_a_snoozed_gap_comes_back_by_itself_on_its_day(door: Door) -> None:
    carla = door.signed_in("carla")

    do(carla, "Ana", "snooze", until="2026-09-09")

    assert gap_of(carla, "Ana")["view"] == "snoozed"
    assert carla.get("/v1/gaps").json()["views"]["snoozed"] == 1
    door.world.at("2026-09-08T21:59:00Z")
    assert gap_of(carla, "Ana")["view"] == "snoozed"
    door.world.at("2026-09-08T22:00:00Z")  # midnight in Berlin, where the reader is
    assert gap_of(carla, "Ana")["view"] == "open"


def test_the_numbers_of_the_views_are_those_of_their_lists(door: Door) -> None:
    carla = door.signed_in("carla")
    do(carla, "Ana", "snooze", until="2026-09-30")
    do(carla, "Ben", "assign", to="carla")

    for query in ("", "&assigned=me", "&assigned=nobody", "&cohort=spring", "&q=ana"):
        for view, number in carla.get(f"/v1/gaps?view=open{query}").json()["views"].items():
            found = carla.get(f"/v1/gaps?view={view}{query}").json()
            assert len(found["gaps"]) == found["total"] == number, (view, query)


def test_a_gap_that_becomes_more_urgent_comes_back_at_once(door: Door) -> None:
    carla = door.signed_in("carla")
    do(carla, "Ana", "snooze", until="2026-12-01")
    gap_id = gap_of(carla, "Ana")["gap"]["gap_id"]

    with door.world.services.database.writing() as connection:
        mine = shown.gaps.c.gap_id == gap_id
        connection.execute(shown.gaps.update().where(mine).values(severity="critical", urgency=3))

    assert gap_of(carla, "Ana")["view"] == "open"


def test_a_gap_that_opens_again_comes_back_at_once_and_nobody_has_seen_it_since(door: Door) -> None:
    carla, world = door.signed_in("carla"), door.world
    do(carla, "Ana", "acknowledge")
    do(carla, "Ana", "assign", to="cem")
    do(carla, "Ana", "snooze", until="2026-12-01")
    before = gap_of(carla, "Ana")["gap"]
    world.done("theory", "Ana Ruiz")
    world.at("2026-09-07T09:00:00Z")
    assert gap_of(carla, "Ana")["view"] == "closed"

    reopened(world, before["gap_id"])

    found = gap_of(carla, "Ana")
    assert (found["view"], found["handling"]["acknowledged_at"]) == ("open", None)
    assert found["handling"]["assigned_to"] == "cem"
    assert do(carla, "Ana", "snooze", until="2026-12-01").status_code == 200
    assert gap_of(carla, "Ana")["view"] == "snoozed"


def reopened(world: World, gap_id: str) -> None:
    """Show a gap as open again, as a projector does after its record has said so."""
    with world.services.database.writing() as connection:
        mine = shown.changes.c.gap_id == gap_id
        last = connection.execute(shown.changes.select().where(mine).order_by(shown.changes.c.number.desc())).first()
        assert last is not None
        again = {**last._asdict(), "type": "milepost.gap.opened.v1", "version": last.version + 1}
        del again["number"]
        bulk.append(connection, shown.changes, [again])
        here = shown.gaps.c.gap_id == gap_id
        row = connection.execute(select(shown.gaps.c.row).where(here)).scalar_one()
        opened = row.replace('"state":"resolved"', '"state":"open"')
        connection.execute(shown.gaps.update().where(here).values(state="open", stands=True, row=opened))


def test_what_people_do_survives_that_everything_is_projected_anew(door: Door) -> None:
    carla = door.signed_in("carla")
    do(carla, "Ana", "assign", to="cem")
    do(carla, "Ana", "snooze", until="2026-09-30")
    before = gap_of(carla, "Ana")

    with door.world.services.database.writing() as connection:
        rows = [row._asdict() for row in connection.execute(shown.gaps.select())]
        connection.execute(shown.gaps.delete())
        bulk.append(connection, shown.gaps, rows)

    assert gap_of(carla, "Ana") == before


def test_of_two_who_act_at_once_the_second_is_told_what_the_first_has_done(door: Door) -> None:
    carla, cem = door.signed_in("carla"), door.signed_in("cem")
    gap = gap_of(carla, "Ana")
    address = f"/gaps/{gap['gap']['gap_id']}/handling"

    first = carla.post(address, data={"do": "assign", "to": "carla", "version": "0"})
    second = cem.post(address, data={"do": "assign", "to": "cem", "version": "0"})
    third = cem.post(f"/v1{address}", json={"do": "snooze", "until": "2026-09-30", "version": 0})

    assert first.status_code == 303
    assert (second.status_code, third.status_code) == (409, 409)
    assert "carla was quicker" in second.text
    assert "it is given to carla" in second.text
    assert 'role="alert"' in second.text
    assert "given to carla" in third.json()["detail"]
    assert gap_of(carla, "Ana")["handling"]["assigned_to"] == "carla"


def test_doing_the_same_twice_is_no_conflict(door: Door) -> None:
    carla = door.signed_in("carla")
    address = f"/gaps/{gap_of(carla, 'Ana')['gap']['gap_id']}/handling"

    answers = [carla.post(address, data={"do": "acknowledge", "version": "0"}).status_code for _ in range(2)]

    assert answers == [303, 303]


def test_notes_are_kept_in_their_order_and_never_conflict(door: Door) -> None:
    carla, cem = door.signed_in("carla"), door.signed_in("cem")
    gap = gap_of(carla, "Ana")["gap"]["gap_id"]

    do(carla, "Ana", "acknowledge")
    for asked, text in ((carla, "called her"), (cem, "<b>she</b> is back on Monday")):
        assert asked.post(f"/gaps/{gap}/handling", data={"do": "note", "text": text}).status_code == 303

    notes = carla.get(f"/v1/gaps/{gap}").json()["notes"]
    assert [(each["account"], each["text"]) for each in notes] == [
        ("carla", "called her"),
        ("cem", "<b>she</b> is back on Monday"),
    ]
    assert "&lt;b&gt;she&lt;/b&gt; is back" in carla.get(f"/gaps/{gap}").text


@pytest.mark.parametrize(
    "command",
    [
        {"do": "snooze"},
        {"do": "snooze", "until": "2026-09-07"},
        {"do": "snooze", "until": "2029-01-01"},
        {"do": "snooze", "until": "someday"},
        {"do": "note", "text": "  "},
        {"do": "celebrate"},
    ],
)
def test_what_makes_no_sense_is_refused_with_what_does(door: Door, command: Json) -> None:
    carla = door.signed_in("carla")
    gap = gap_of(carla, "Ana")["gap"]["gap_id"]

    for answer in (
        carla.post(f"/gaps/{gap}/handling", data=command),
        carla.post(f"/v1/gaps/{gap}/handling", json=command),
    ):
        assert answer.status_code == 422


def test_a_closed_gap_takes_notes_and_nothing_else(door: Door) -> None:
    carla = door.signed_in("carla")
    door.world.done("theory", "Ana Ruiz")
    door.world.at("2026-09-07T09:00:00Z")

    assert do(carla, "Ana", "acknowledge").status_code == 409
    assert do(carla, "Ana", "note", text="all is well").status_code == 200


def test_a_viewer_reads_what_is_done_and_finds_nothing_to_press(door: Door) -> None:
    do(door.signed_in("carla"), "Ana", "assign", to="cem")
    vera = door.signed_in("vera")

    page = vera.get(f"/gaps/{gap_of(vera, 'Ana')['gap']['gap_id']}").text

    assert "<b>cem</b> looks after it" in page
    assert "<button name=" not in page


def test_every_deed_is_on_record(door: Door) -> None:
    carla = door.signed_in("carla")
    for what, more in (
        ("acknowledge", {}),
        ("assign", {"to": "cem"}),
        ("snooze", {"until": "2026-09-30"}),
        ("wake", {}),
        ("note", {"text": "secret of hers"}),
        ("unacknowledge", {}),
    ):
        assert do(carla, "Ana", what, **more).status_code == 200

    lines = [line for line in carla.get("/v1/audit").json()["lines"] if line["what"].endswith("_gap")]

    assert [line["what"].removesuffix("_gap") for line in reversed(lines)] == [
        "acknowledged", "assigned", "snoozed", "woke", "noted", "unacknowledged"
    ]  # fmt: skip
    assert lines[-2]["details"] == {"to": "cem"}
    assert "secret" not in str(lines)
