"""Sentences: the rule's words with the page's names, titles, times and links."""

from pathlib import Path
from typing import Any

import pytest

from milepost.console.moments import Moments
from milepost.console.sentences import Speech, closes_when, plain, why, wording
from milepost.core.compile import compile_program
from milepost.core.rules import JOURNEY_RULES, SESSION_RULES, SOURCE_RULES
from milepost.programs.loader import load_program
from milepost.programs.shipped import shipped_program
from milepost.store.readings.titles import Programs, SessionTitle
from milepost_schemas.instants import HOUR, from_text
from milepost_schemas.program import GAP_TYPES
from milepost_schemas.projections import GapRow
from tests.console.world import PROGRAM

START = from_text("2026-09-07T08:00:00Z")
NOW = from_text("2026-09-16T07:41:05Z")


def speech() -> Speech:
    program = compile_program(load_program(Path(shipped_program(PROGRAM))), 0)
    practice = SessionTitle(
        offering="P-1",
        session="s1",
        title="Practice",
        part=1,
        parts=1,
        start_at=START,
        end_at=START + 2 * HOUR,
        zone="Europe/Berlin",
    )
    return Speech(
        moments=Moments("Europe/Berlin", NOW),
        programs=Programs({PROGRAM: (program,)}),
        sessions={"P-1/s1": practice},
        names={"l-1": "Ana <Ruiz>", "i-1": "Ana M."},
        activities={},
    )


def gap(kind: str, **more: Any) -> GapRow:
    values: dict[str, Any] = {
        "gap_id": "g",
        "gap": kind,
        "subject_kind": "journey",
        "subject": "s",
        "about": "a",
        "state": "open",
        "severity": "high",
        "since": NOW,
        "opened_at": NOW,
        "changed_at": NOW,
        "learner": "l-1",
        "program": PROGRAM,
        "values": {},
    }
    return GapRow(**{**values, **more})


def test_a_sentence_names_person_steps_and_sessions() -> None:
    row = gap(
        "elearning_done_ilt_missed",
        values={"steps": ("theory", "entry-quiz"), "step": "practice", "sessions": ("P-1/s1",)},
    )

    assert plain(why(row, speech())) == (
        "Ana <Ruiz> finished Hazardous energy and how to isolate it and Entry quiz "
        "and missed Practice, Mon 7 Sep 10:00."
    )


def test_names_are_escaped_and_everything_that_has_a_page_is_linked() -> None:
    said = str(why(gap("no_show", values={"session": "P-1/s1"}), speech()))

    assert '<a class="who" href="/learners/l-1">Ana &lt;Ruiz&gt;</a>' in said
    assert 'href="/sessions/P-1/s1"' in said


def test_without_a_session_the_rule_has_other_words() -> None:
    row = gap("elearning_done_ilt_missed", values={"steps": ("theory",), "step": "practice", "sessions": ()})

    assert "passed without a session" in plain(why(row, speech()))


def test_an_occurrence_has_its_number() -> None:
    row = gap("reinforcement_overdue", values={"step": "recall.2", "due_at": NOW})

    assert plain(why(row, speech())) == "Ana <Ruiz> has not done Recall cards 2; it was due today 09:41."


def test_an_activity_is_called_as_the_step_that_it_shows_and_not_where_another_source_has_the_same_address() -> None:
    theory = "https://lms.example.com/mod/scorm/view.php?id=101#sco"

    assert plain(speech().activity("lms", theory)) == "Hazardous energy and how to isolate it"
    assert plain(speech().activity("player", theory)) == theory


def test_a_participant_is_named_as_the_session_showed_them() -> None:
    row = gap("unmatched_attendee", learner=None, values={"session": "P-1/s1", "participant": "i-1", "minutes": 42})

    assert plain(why(row, speech())).startswith("Ana M. was in Practice, Mon 7 Sep 10:00 for 42 minutes")


def test_a_rule_that_this_version_does_not_have_is_still_a_sentence() -> None:
    assert plain(why(gap("checkpoint_missed"), speech())) == "Ana <Ruiz>: checkpoint missed."


@pytest.mark.parametrize("kind", GAP_TYPES)
def test_every_rule_has_a_title_and_both_sentences(kind: str) -> None:
    words = wording(kind)

    assert words.title
    assert words.why.endswith(".")
    assert plain(closes_when(gap(kind), speech()))


def test_there_is_a_rule_for_every_gap_type() -> None:
    assert len((*JOURNEY_RULES, *SESSION_RULES, *SOURCE_RULES)) == len(GAP_TYPES)


def test_of_a_session_that_has_begun_a_gap_speaks_in_the_past() -> None:
    ahead, past = (
        gap("unprepared_for_session", values={"session": "P-1/s1", "steps": ("theory",), "start_at": start_at})
        for start_at in (NOW + 1, NOW)
    )

    assert plain(why(ahead, speech())).startswith("Ana <Ruiz> is booked for Practice, Mon 7 Sep 10:00 and has not done")
    assert plain(why(past, speech())).startswith("Ana <Ruiz> was booked for Practice, Mon 7 Sep 10:00 and had not done")
    assert "before the session starts" in closes_when(ahead, speech())
    assert closes_when(past, speech()) == "Closes once it is known who attended."


def test_who_is_marked_as_there_in_part_was_there_for_nobody_knows_how_long() -> None:
    marked = gap("partial_attendance", values={"session": "P-1/s1"})
    measured = gap("partial_attendance", values={"session": "P-1/s1", "minutes": 40, "percent": 33})

    assert plain(why(marked, speech())).endswith("was in Practice, Mon 7 Sep 10:00 in part only.")
    assert plain(why(measured, speech())).endswith("for 40 minutes only, 33 percent of it.")
