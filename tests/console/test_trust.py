"""The line that says whether a page can be trusted, and that tells it to look again."""

from typing import Any

from sqlalchemy import event

from tests.console.world import World


def test_every_page_says_whether_it_can_be_trusted(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get("/learners").text

    assert "09:41:05" in page
    assert "demo time" in page
    assert "silent since" in page
    assert "conclusions about absence that it feeds are on hold" in page
    trust = asked.get("/v1/trust").json()
    assert {each["source"]: each["state"] for each in trust["sources"]}["lms"] == "silent"


def test_a_live_page_is_told_to_look_again_only_when_something_changed(shared_department: World) -> None:
    asked = shared_department.client()
    stamp = asked.get("/v1/trust").json()["stamp"]

    assert "hx-trigger" not in {name.lower() for name in asked.get(f"/live?stamp={stamp}").headers}
    assert asked.get("/live?stamp=earlier").headers["hx-trigger"] == "milepost:changed"


def test_the_line_that_every_open_page_asks_for_all_the_time_counts_nothing(shared_department: World) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = shared_department.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        shared_department.client().get("/live")
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert asked
    assert not [statement for statement in asked if "facts" in statement or "count(" in statement.lower()]
