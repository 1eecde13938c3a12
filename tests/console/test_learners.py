"""The page of a learner: what is concluded of them, and from what."""

import re

from tests.console.world import LMS, World
from tests.store.builders import statement, submission


def test_a_learner_shows_steps_seats_gaps_and_the_fact_behind_each_conclusion(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get(f"/learners/{shared_department.learner('Dora')}").text

    assert "eLearning done, live part missed" in page
    assert "A plan exists" in page
    assert 'class="outcome absent"' in page
    assert "because office: the room sheet" in page


def test_a_missed_step_says_how_we_know(shared_department: World) -> None:
    asked = shared_department.client()
    page = asked.get(f"/learners/{shared_department.learner('Emre')}").text

    assert re.search(r'<td class="c missed.*there for 61 % of it', page)
    assert "not seen: the sheet is in and the meeting ended" in asked.get("/sessions/P-0907/s1").text


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
