"""Every page of a department, and the same as JSON."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from milepost.console.pages.unmatched import yaml_line
from milepost.programs.loader import check_program, load_program
from milepost.store.readings.unmatched import UnknownActivity
from milepost.store.tables import shown
from tests.console.world import LMS, PROGRAM, World, department, running_session
from tests.store.builders import statement, submission

ADDRESSES = ("/gaps", f"/programs/{PROGRAM}", "/learners", "/sessions", "/unmatched", "/sessions/P-0914/s1")

THERE = ("attended", "partial")


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_and_its_data_have_one_address(shared_department: World, path: str) -> None:
    asked = shared_department.client()

    assert asked.get(path).headers["content-type"].startswith("text/html")
    assert asked.get(f"{path}.json").json() == asked.get(f"/v1{path}").json()
    assert f'href="/v1{path}"' in asked.get(path).text


@pytest.mark.parametrize("path", [*ADDRESSES, "/gaps?view=closed", "/gaps?view=retracted", "/programs"])
def test_a_page_has_no_code_of_its_own_and_nothing_from_elsewhere(shared_department: World, path: str) -> None:
    page = shared_department.client().get(path, follow_redirects=True)

    assert "<style" not in page.text
    assert " style=" not in page.text
    assert not re.search(r"<script(?! src=\"/static/)", page.text)
    assert not re.search(r"(src|href)=\"https?:", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_first_view_is_below_a_hundred_kilobytes(shared_department: World) -> None:
    asked = shared_department.client()
    sent = 0

    for path in ("/gaps", "/static/milepost.css", "/static/milepost.js", "/static/htmx.min.js", "/static/icon.svg"):
        sent += int(asked.get(path, headers={"accept-encoding": "gzip"}).headers["content-length"])

    assert sent < 100_000


def test_gaps_come_worst_first_and_each_is_a_sentence(shared_department: World) -> None:
    answer = shared_department.client().get("/v1/gaps").json()

    order = ["critical", "high", "warning", "info"]
    severities = [order.index(each["gap"]["severity"]) for each in answer["gaps"]]
    assert severities == sorted(severities)
    assert "Noor Haddad was enrolled Wed 2 Sep 14:00 and has begun nothing since." in [
        each["sentence"] for each in answer["gaps"]
    ]
    assert answer["total"] == answer["views"]["open"] == len(answer["gaps"])


@pytest.mark.parametrize(
    ("query", "gaps"),
    [
        ({"cohort": "spring", "gap": "partial_attendance"}, {"partial_attendance"}),
        ({"q": "goran"}, {"never_started"}),
        ({"severity": "info"}, set()),
        ({"q": "lms"}, {"source_silent"}),
        ({"program": "no-such"}, set()),
        ({"view": "mitigated"}, {"elearning_done_ilt_missed"}),
    ],
)
def test_gaps_are_filtered_by_the_address(shared_department: World, query: dict[str, str], gaps: set[str]) -> None:
    answer = shared_department.client().get("/v1/gaps", params=query).json()

    assert {each["gap"]["gap"] for each in answer["gaps"]} == gaps


def test_a_gap_shows_what_was_said_by_whom_and_when(shared_department: World) -> None:
    asked = shared_department.client()
    partial = asked.get("/v1/gaps", params={"gap": "partial_attendance"}).json()["gaps"][0]["gap"]["gap_id"]

    full = asked.get(f"/v1/gaps/{partial}").json()
    page = asked.get(f"/gaps/{partial}").text

    assert {"zoom"} <= {each["source"] for each in full["evidence"]}
    assert "came into the meeting" in page
    assert full["history"][0]["type"] == "milepost.gap.opened.v1"
    assert all(word in page for word in ("Happened", "Recorded", "Received", "What closes it", "History"))


def test_what_was_closed_names_the_message_that_did_it(shared_department: World) -> None:
    page = shared_department.client().get("/gaps?view=closed").text

    assert "Emre Yilmaz" in page
    assert re.search(r"Closed: <b>completed</b> and <b>passed</b>", page)


def test_what_was_retracted_says_that_it_was_never_true(shared_department: World) -> None:
    page = shared_department.client().get("/gaps?view=retracted").text

    assert "Ben Okafor" in page
    assert "it was never true" in page


def test_an_opened_gap_stays_when_it_is_asked_to(shared_department: World) -> None:
    asked = shared_department.client()
    ended = asked.get("/v1/gaps?view=closed").json()["gaps"][0]["gap"]["gap_id"]

    assert f'id="{ended}" data-row open' in asked.get(f"/gaps?open={ended}").text
    assert f'id="{ended}"' not in asked.get("/gaps").text


def test_the_grid_counts_where_learners_fall_off(shared_department: World) -> None:
    answer = shared_department.client().get(f"/v1/programs/{PROGRAM}", params={"cohort": "spring"}).json()

    assert answer["total"] == 7
    counts = {each["step"]: each["counts"] for each in answer["steps"] if each["occurrence"] == 0}
    assert counts["theory"]["done"] == 6
    assert counts["practice"]["done"] == 3
    assert sum(each["learners"] for each in answer["stages"]) == 7


def test_the_grid_has_words_for_every_state(shared_department: World) -> None:
    page = shared_department.client().get(f"/programs/{PROGRAM}").text

    for state in ("done", "due", "late", "missed", "unknown", "not expected"):
        assert re.search(rf'<td class="c [^>]*>(<i>)?{state}', page), state
        assert re.search(rf'<dt><span class="c {state.replace(" ", "_")}">{state}</span></dt>', page)


def test_a_learner_shows_steps_seats_gaps_and_the_fact_behind_each_conclusion(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get(f"/learners/{shared_department.learner('Dora')}").text

    assert "eLearning done, live part missed" in page
    assert "A plan exists" in page
    assert 'class="outcome absent"' in page
    assert "because office: the room sheet" in page or "the room sheet of" in page


def test_a_session_says_what_it_waits_for(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0914/s1").text

    assert "we wait for the room sheet" in page
    assert page.count('class="outcome unknown"') == 3
    assert "K. Mensah" in page
    assert "Nobody that we know" in page


def test_before_a_session_its_page_says_who_is_prepared(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0917/s1").text

    assert "4 of 5 prepared" in page
    assert "Reopen" not in page
    assert "close the roster" not in page


def test_sessions_are_listed_in_their_own_zone(shared_department: World) -> None:
    asked = shared_department.client()

    assert "Mon 21 Sep 09:00 New York" in asked.get("/sessions").text
    assert "open: we wait for sheet" in asked.get("/sessions?when=past").text


def test_the_page_of_a_session_says_its_zone_once(shared_department: World) -> None:
    page = shared_department.client().get("/sessions/P-0921/s1").text
    head = re.sub(r"<[^>]+>", "", page[page.index('<p class="sub">') : page.index('<p class="verdict')])

    assert "Mon 21 Sep 09:00\N{EN DASH}11:00 New York time" in head
    assert head.count("New York") == 1


def test_while_somebody_is_nobody_yet_a_session_does_not_say_that_others_were_absent(world: World) -> None:
    world.source("zoom", "zoom")
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-09-07T08:00:00Z")
    world.opened()
    world.joined("Ana Ruiz")
    world.joined("Benny", mail=False)
    world.at("2026-09-07T10:00:00Z")
    world.left("Ana Ruiz")
    world.left("Benny", mail=False)
    world.ended()
    world.at("2026-09-08T08:00:00Z")
    asked = world.client()

    page = asked.get("/sessions/P-1/s1").text
    assert "The roster is closed" not in page
    assert "<b>Everything is in.</b> 1 participant is nobody yet: nobody is called absent until" in page
    assert 'class="outcome unknown"' in page
    assert "Save and close the roster" in page

    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]
    asked.post(f"/unmatched/{stranger}", data={"do": "guest"})
    page = asked.get("/sessions/P-1/s1").text
    assert "<b>Everything is in.</b></p>" in page
    assert 'class="outcome absent"' in page
    assert "not seen: the meeting ended" in page
    page = asked.get(f"/learners/{world.learner('Ben')}").text
    assert re.search(r'<td class="c missed.*not seen: the meeting ended', page)


def test_while_a_session_runs_who_joined_and_did_not_leave_is_said_to_be_still_there(world: World) -> None:
    running_session(world)
    asked = world.client()

    shown = present(asked.get("/sessions/P-1/s1").text)
    assert shown == {
        "Ana Ruiz": (0.0, 50.0, "10:00\N{EN DASH}now, still there"),
        "Ben Okafor": (0.0, 25.0, "10:00\N{EN DASH}10:30"),
        "Cid Moreau": (8.3, 41.7, "10:10\N{EN DASH}now, still there"),
        "Benny": (25.0, 25.0, "10:30\N{EN DASH}now, still there"),
    }
    assert asked.get("/v1/sessions?when=upcoming").json()["sessions"][0]["came"] == 4

    world.at("2026-09-07T10:00:00Z")
    world.ended()
    world.at("2026-09-08T08:00:00Z")
    over = present(asked.get("/sessions/P-1/s1").text)
    assert over["Ana Ruiz"] == (0.0, 100.0, "10:00\N{EN DASH}end estimated")
    assert not [said for _, _, said in over.values() if "still there" in said]


def present(page: str) -> dict[str, tuple[float, float, str]]:
    """Return of everybody who is shown as present where their bar begins, how long it is, and what stands below it."""
    found = re.findall(r'<tr id="in-.*?</tr>', page, re.DOTALL)
    shown = {}
    for row in found:
        cell = row[row.index('<td class="presence">') :].partition("</td>")[0]
        bar = re.search(r'x="([\d.]+)" width="([\d.]+)"', cell)
        if bar:
            name = re.sub("<[^>]+>", "", row.partition("</th>")[0])
            shown[name] = (float(bar[1]), float(bar[2]), re.sub("<[^>]+>", "", cell))
    return shown


def test_a_missed_step_says_how_we_know(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get(f"/learners/{shared_department.learner('Emre')}").text

    assert re.search(r'<td class="c missed.*there for 61 % of it', page)
    assert "not seen: the sheet is in and the meeting ended" in asked.get("/sessions/P-0907/s1").text


def test_the_list_of_sessions_counts_everybody_who_was_there(shared_department: World) -> None:
    asked = shared_department.client()
    listed = {each["offering"]: each for each in asked.get("/v1/sessions?when=past").json()["sessions"]}

    roster = asked.get("/v1/sessions/P-0907/s1").json()["participants"]
    there = {each["name"] for each in roster if each["outcome"] and each["outcome"]["outcome"] in THERE}
    assert there == {"Ana Ruiz", "Ben Okafor", "Cid Moreau", "Emre Yilmaz"}
    assert listed["P-0907"]["came"] == 4
    assert listed["P-0914"]["came"] == 4  # one of them is nobody yet


def test_the_list_of_sessions_counts_no_gap_that_the_inbox_calls_historical(world: World) -> None:
    department(world)
    asked = world.client()

    def counted() -> int:
        return sum(each["open_gaps"] for each in asked.get("/v1/sessions?when=past").json()["sessions"])

    assert counted() > 0
    with world.services.database.writing() as connection:
        connection.execute(update(shown.gaps).values(historical=True))
    assert counted() == 0


def test_what_matches_nothing_comes_with_the_lines_to_mend_it(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get("/unmatched").text

    assert "evidence: {source: lms, activity: &#34;https://lms.example.com/mod/page/view.php?id=220&#34;}" in page
    assert "done: passed" in page
    stranger = asked.get("/v1/unmatched").json()["participants"][0]["identity"]["identifier"]
    assert "Kofi Mensah" in asked.get(f"/unmatched/{stranger}").text


@pytest.mark.parametrize(
    ("activity", "step"),
    [
        ("https://moodle.example.org/mod/quiz/view.php?id=40", "quiz-40"),
        ("https://moodle.example.org/mod/scorm/view.php?id=41#sco", "scorm-41"),
        ('urn:"quoted"', "urn-quoted"),
        ("https://مثال", "https"),
        ("https://x.example.com/" + "y" * 90, "y" * 40),
        ("https://x.example.com/\u0645", "example-com"),
    ],
)
def test_the_lines_of_an_unknown_activity_are_a_step_as_they_stand(tmp_path: Path, activity: str, step: str) -> None:
    unknown = UnknownActivity(source="lms", activity=activity, facts=1, people=1, last_at=0, claims=("passed",))
    file = tmp_path / "program.yaml"
    file.write_text(f"program: p\nversion: 1\nsteps:\n{yaml_line(unknown)}\n", encoding="utf-8")

    assert check_program(file) == ()
    assert load_program(file)["steps"][0]["id"] == step


@pytest.mark.parametrize(
    "name", ["Fire drill", 'The "blue" one \\ 2', "تمرين: #1", "a\x7fb", "{n} - [x], &y *z %", "'", "\U0001f680"]
)
def test_the_lines_name_the_step_as_the_source_names_the_activity(tmp_path: Path, name: str) -> None:
    unknown = UnknownActivity(source="lms", activity=f"{LMS}/quiz", name=name, facts=1, people=1, last_at=0)
    file = tmp_path / "program.yaml"
    file.write_text(f"program: p\nversion: 1\nsteps:\n{yaml_line(unknown)}\n", encoding="utf-8")

    assert check_program(file) == ()
    assert load_program(file)["steps"][0]["title"] == name.replace("\x7f", " ")


def test_an_activity_that_nobody_knows_is_shown_by_its_name_in_the_language_of_the_reader(world: World) -> None:
    department(world)
    quiz = f"{LMS}/page/view.php?id=220"
    definition = {"name": {"en": "Ladders", "de": "Leitern"}}
    world.services.acceptance.submit(submission(statement(None, object={"id": quiz, "definition": definition}))).result(
        60
    )

    asked = world.client()
    german = asked.get("/unmatched", headers={"Accept-Language": "de"}).text
    [found] = [each for each in asked.get("/v1/unmatched").json()["activities"] if each["activity"] == quiz]

    assert "Leitern" in german
    assert "title: &#34;Leitern&#34;" in german
    assert found["name"] == "Ladders"


def test_a_timeline_calls_what_is_no_step_by_the_name_that_its_source_gives_it(world: World) -> None:
    world.publish()
    world.enrolled("Ana Ruiz")
    world.done(f"{LMS}/ladders", "Ana Ruiz")
    world.done(f"{LMS}/nameless", "Ana Ruiz")
    definition = {"name": {"en": "Ladders", "de": "Leitern"}}
    named = statement(None, object={"id": f"{LMS}/ladders", "definition": definition})
    world.services.acceptance.submit(submission(named)).result(60)
    world.at("2026-09-02T08:00:00Z")

    page = world.client().get(f"/learners/{world.learner('Ana Ruiz')}", headers={"Accept-Language": "de-AT"}).text

    assert f'<cite title="{LMS}/ladders">Leitern</cite>' in page
    assert f"<code>{LMS}/nameless</code>" in page


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


def test_times_are_in_the_zone_of_the_reader(shared_department: World) -> None:
    page = shared_department.client().get("/gaps", headers={"cookie": "zone=Asia%2FTokyo"}).text

    assert "Times are those of Tokyo" in page
    assert "Wed 2 Sep 21:00" in page


@pytest.mark.parametrize(
    "path", ["/gaps/none", "/learners/none", "/sessions/none/s1", "/programs/none", "/unmatched/none"]
)
def test_what_is_not_there_is_said_in_words(shared_department: World, path: str) -> None:
    asked = shared_department.client()

    assert asked.get(path).status_code == 404
    assert "<b>There is" in asked.get(path).text or "<b>No such" in asked.get(path).text
    if "unmatched" not in path:
        assert asked.get(f"/v1{path}").json()["detail"]


def test_an_address_that_makes_no_sense_is_refused_in_words(shared_department: World) -> None:
    asked = shared_department.client()

    assert asked.get("/gaps?page=0").status_code == 422
    assert "page: " in asked.get("/gaps?page=0").text


@pytest.mark.parametrize(
    "path",
    ["/gaps?page=", "/learners?page=", "/sessions?page=", "/programs/lockout-tagout?page=", "/audit?before="],
)
@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_that_no_database_can_count_to_is_refused_in_words(
    shared_department: World, path: str, number: int
) -> None:
    assert shared_department.client().get(f"{path}{number}").status_code == 422
    assert shared_department.client().get(f"/v1{path}{number}").status_code == 422


def test_empty_pages_teach(world: World) -> None:
    asked = world.client()

    assert "milepost program publish" in asked.get("/gaps").text
    assert "milepost program check" in asked.get("/programs").text
    assert "POST /v1/facts" in asked.get("/sessions").text
    assert "first enrollment" in asked.get("/learners").text
    assert "Everybody in every session is somebody" in asked.get("/unmatched").text


def test_without_gaps_the_inbox_says_what_comes_next(world: World) -> None:
    world.publish()
    world.at("2026-08-31T07:00:00Z")
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.at("2026-08-31T08:00:00Z")

    assert "The next deadline is" in world.client().get("/gaps").text
    assert "2 learners" in world.client().get("/gaps").text


def test_the_api_describes_itself(world: World) -> None:
    described = world.client().get("/v1/openapi.json").json()

    assert {"/v1/gaps", "/v1/programs/{program}", "/v1/learners/{learner}", "/v1/unmatched"} <= set(described["paths"])
    assert all(path.startswith("/v1/") for path in described["paths"])


def test_every_moment_of_an_answer_is_a_text(shared_department: World) -> None:
    gaps = shared_department.client().get("/v1/gaps").json()["gaps"]

    moments = [value for each in gaps for key, value in each["gap"]["values"].items() if key.endswith("_at")]

    assert moments
    assert all(isinstance(value, str) and value.endswith("Z") for value in moments)


def test_an_answer_as_data_ends_its_line(shared_department: World) -> None:
    asked = shared_department.client()

    elsewhere = shared_department.client(peer="192.0.2.7")

    for answer in (*map(asked.get, ("/v1/gaps", "/v1/gaps/none", "/v1/openapi.json")), elsewhere.get("/v1/gaps")):
        assert answer.content.endswith(b"}\n"), answer.url
    assert not asked.get("/gaps").content.endswith(b"}\n")


def test_sessions_of_no_cohort_have_no_column_for_one_and_an_overbooked_one_says_so(world: World) -> None:
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z", capacity=1)
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-08-29T07:00:00Z")
    asked = world.client()

    assert ">Cohort<" not in asked.get("/sessions").text
    assert "overbooked" in asked.get("/sessions").text
    assert "of 1 places" in asked.get("/sessions/P-1/s1").text
    assert "overbooked" in asked.get("/sessions/P-1/s1").text
    world.scheduled("P-2", "2026-09-08T08:00:00Z", capacity=2, cohort="spring")
    world.at("2026-08-29T08:00:00Z")
    assert ">Cohort<" in asked.get("/sessions").text


@pytest.mark.parametrize(
    ("moment", "strong"),
    [
        ("2026-09-07T07:00:00Z", "Save"),
        ("2026-09-07T09:00:00Z", "Save"),
        ("2026-09-07T11:00:00Z", "Save and close the roster"),
    ],
)
def test_the_roster_is_closed_with_one_press_only_once_the_session_is_over(
    world: World, moment: str, strong: str
) -> None:
    world.publish()
    world.enrolled("Ana Ruiz")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz")
    world.at(moment)

    page = world.client().get("/sessions/P-1/s1").text

    assert re.findall(r'<button name="do" [^>]*class="strong">([^<]*)<', page) == [strong]


def test_a_gap_that_is_a_part_of_another_one_stands_right_below_it(world: World) -> None:
    world.publish()
    world.enrolled("Ana Ruiz", "Ben Okafor")
    world.scheduled("P-1", "2026-09-07T08:00:00Z")
    world.seat("P-1", "Ana Ruiz", "Ben Okafor")
    world.at("2026-09-02T08:00:00Z")
    world.done("theory", "Ana Ruiz", "Ben Okafor")
    world.done("entry-quiz", "Ana Ruiz", "Ben Okafor", score=0.9)
    world.at("2026-09-07T11:00:00Z")
    world.marked("P-1", "present", "Ana Ruiz", "Ben Okafor")
    world.done("posttest", "Ana Ruiz", "Ben Okafor", score=0.9)
    world.closed("P-1")
    world.at("2026-09-20T08:00:00Z")

    page = world.client().get("/gaps").text
    rows = re.findall(r'<li class="gap ([^"]*)".*?<span class="says">(.*?)</span>\n', page, re.DOTALL)
    said = [(re.sub("<[^>]*>", "", says), "below" in classes) for classes, says in rows]
    recall = [(says.split()[0], "not begun" in says, is_below) for says, is_below in said if "Recall" in says]

    assert recall == [(who, is_whole, not is_whole) for who in ("Ben", "Ana") for is_whole in (True, False, False)]


def test_an_address_that_is_none_and_a_method_that_is_none_are_refused_in_words(shared_department: World) -> None:
    asked = shared_department.client()

    assert asked.get("/no/such").text.count("There is nothing at this address.") == 1
    assert asked.get("/v1/no/such").json() == {"detail": "There is nothing at this address."}
    refused = asked.request("PUT", "/v1/unmatched/somebody")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json() == {"detail": "This address is asked by POST alone."}
    assert asked.request("PUT", "/unmatched/somebody").headers["allow"] == "GET, HEAD, POST"
