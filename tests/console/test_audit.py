"""Who saw whom, and who did what, is on record."""

from typing import Any

import pytest
from sqlalchemy import event, select

from milepost.store import audit
from milepost.store.audit import AuditQuery
from milepost.store.tables import accepted, used
from milepost_schemas.instants import MINUTE
from milepost_schemas.submissions import Deed
from tests.console.accounts import Door
from tests.console.world import World

ROSTER = "/sessions/P-1/s1"


@pytest.fixture
def door(world: World) -> Door:
    """A console with a coordinator and a viewer, of a class that is over; its roster is open."""
    world.publish()
    world.at("2026-08-31T07:00:00Z")
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-09-07T14:00:00Z")
    made = Door(world)
    with world.services.database.writing() as connection:
        connection.execute(used.audit.delete())
    made.account("carla")
    made.account("vera", "viewer")
    return made


def lines(door: Door, **query: Any) -> list[tuple[str | None, str, str | None]]:
    with door.world.services.database.reading() as connection:
        found = audit.read(connection, "default", AuditQuery(**query))
    return [(line.account, line.what, line.subject) for line in reversed(found) if line.what != "signed_in"]


def test_who_opens_a_learner_or_a_roster_is_on_record(door: Door) -> None:
    learner = "l-ana.ruiz@example.org"
    asked = door.signed_in("vera")

    asked.get(f"/learners/{learner}")
    asked.get(ROSTER)
    door.script("carla").get(f"/v1/learners/{learner}")

    assert lines(door) == [
        ("vera", "saw_learner", learner),
        ("vera", "saw_roster", "P-1/s1"),
        ("carla", "saw_learner", learner),
    ]


def test_a_page_that_renews_itself_is_one_seeing_until_some_minutes_have_passed(door: Door) -> None:
    asked = door.signed_in("vera")

    for moment in ("2026-09-07T14:05:00Z", "2026-09-07T14:09:00Z", "2026-09-07T14:11:00Z"):
        door.world.at(moment)
        asked.get(ROSTER)

    assert len(lines(door)) == 1
    door.world.at("2026-09-07T14:16:00Z")
    asked.get(ROSTER)
    assert len(lines(door)) == 2


def test_what_is_not_there_was_not_seen(door: Door) -> None:
    door.signed_in("vera").get("/learners/nobody")

    assert lines(door) == []


@pytest.mark.parametrize(
    "path", ["/gaps", "/learners", "/sessions", "/unmatched", "/audit", "/programs/lockout-tagout"]
)
def test_who_takes_a_list_out_as_data_is_on_record_but_not_whom_they_looked_for(door: Door, path: str) -> None:
    asked = door.signed_in("carla")

    asked.get(f"/v1{path}", params={"cohort": "spring", "q": "ana ruiz"})
    asked.get(f"{path}.json", params={"cohort": "spring"})
    asked.get(path)

    assert lines(door) == [("carla", "exported", f"{path}?cohort=spring")]


def test_an_action_and_its_line_are_one(door: Door) -> None:
    asked = door.signed_in("carla")

    asked.post(f"{ROSTER}/roster", data={"do": "close"})

    assert lines(door) == [("carla", "closed_roster", "P-1/s1")]
    with door.world.services.database.reading() as connection:
        at = connection.execute(select(used.audit.c.at).where(used.audit.c.what == "closed_roster")).scalar_one()
        assert connection.execute(select(accepted.log).where(accepted.log.c.received_at == at)).first() is not None


def test_where_the_line_cannot_be_written_nothing_is_done_and_nothing_is_shown(door: Door) -> None:
    asked = door.signed_in("carla")
    engine = door.world.services.database.engine

    def full(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO audit"):
            raise OSError("no space left on the device")

    def end() -> int:
        with door.world.services.database.reading() as connection:
            return len(connection.execute(select(accepted.log.c.position)).all())

    before = end()
    event.listen(engine, "before_cursor_execute", full)
    try:
        with pytest.raises(OSError, match="no space"):
            asked.post(f"{ROSTER}/roster", data={"do": "close"})
        with pytest.raises(OSError, match="no space"):
            asked.get(ROSTER)
    finally:
        event.remove(engine, "before_cursor_execute", full)

    assert end() == before
    assert lines(door) == []


def test_the_audit_page_says_it_in_words(door: Door) -> None:
    learner = "l-ana.ruiz@example.org"
    door.signed_in("vera").get(f"/learners/{learner}")
    asked = door.signed_in("carla")

    page = asked.get("/audit?account=vera").text

    assert "saw a learner" in page
    assert "Ana Ruiz" in page
    assert "carla</th>" not in page
    data = asked.get("/v1/audit?what=saw_learner").json()["lines"]
    assert [(each["account"], each["subject"]) for each in data] == [("vera", learner)]


def test_the_audit_page_names_whom_somebody_was_linked_to_and_who_was_judged(door: Door) -> None:
    asked = door.signed_in("carla")
    ben = "i-ben.okafor@example.org"
    asked.post(f"/unmatched/{ben}", data={"do": "link", "learner": "l-ana.ruiz@example.org"})
    asked.post(f"{ROSTER}/roster", data={f"choice:{ben}": "present"})

    page = asked.get("/audit").text

    assert "Learner: Ana Ruiz" in page
    assert "Ben Okafor: present" in page
    assert "l-ana.ruiz" not in page


def test_the_log_goes_back_page_by_page(world: World) -> None:
    with world.services.database.writing() as connection:
        for number in range(250):
            deed = Deed(account="ana", what="saw_learner", subject=str(number))
            audit.write(connection, "default", deed, at=world.now + number * MINUTE)
    asked = world.client()

    seen: list[str] = []
    before = None
    while page := asked.get(
        "/v1/audit", params={"what": "saw_learner"} | ({"before": before} if before else {})
    ).json()["lines"]:
        seen += [line["subject"] for line in page]
        before = page[-1]["number"]

    assert seen == [str(number) for number in reversed(range(250))]
