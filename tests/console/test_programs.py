"""The grid of a program: who stands how at which step."""

import re

from tests.console.world import PROGRAM, World


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
