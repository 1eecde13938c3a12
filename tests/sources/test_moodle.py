from time import process_time
from typing import Any

import pytest
from hypothesis import given

from milepost.sources import moodle as adapter
from milepost.sources.translation import Translation
from milepost_schemas.facts import ActivityReported
from tests.sources.builders import ADL, ATTEMPT, LMS, QUIZ, RECEIPT, SCO, STREAMS, TINCAN, moodle
from tests.sources.test_statements import outlines

COURSE = f"{LMS}/course/view.php?id=2"
BOOK = f"{LMS}/mod/book/view.php?id=39"
ROOM = f"{LMS}/mod/bigbluebuttonbn/view.php?id=44"
MEETING = "http://adlnet.gov/expapi/activities/meeting"


def translated(verb: str, activity: str, **more: Any) -> Translation:
    return adapter.translate(moodle(verb, activity, **more), RECEIPT)


def reported(verb: str, activity: str, **more: Any) -> ActivityReported:
    (said,) = translated(verb, activity, **more).said
    assert isinstance(said.fact, ActivityReported)
    return said.fact


def reason(verb: str, activity: str, **more: Any) -> str:
    found = translated(verb, activity, **more)
    assert (found.said, found.facts) == ((), ())
    return found.unread[0].reason


def points(raw: float, least: float = 0, most: float = 100) -> dict[str, float]:
    """Return a score as Moodle scales it: from -1 to 1."""
    return {
        "raw": raw,
        "min": least,
        "max": most,
        "scaled": (raw - least) / (most - least) * 2 - 1 if most > least else 0,
    }


def test_a_completed_module_is_completed_and_may_be_passed_or_failed() -> None:
    plain = reported(ADL + "completed", BOOK, result={"completion": True})
    passed = reported(ADL + "completed", QUIZ, result={"completion": True, "success": True})
    failed = reported(ADL + "completed", QUIZ, result={"completion": True, "success": False})

    assert (plain.activity, plain.claims) == (BOOK, ("completed",))
    assert passed.claims == ("completed", "passed")
    assert failed.claims == ("completed", "failed")


def test_a_completion_that_is_unticked_is_uncompleted() -> None:
    unticked = reported("https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted", BOOK)

    assert (unticked.activity, unticked.claims) == (BOOK, ("uncompleted",))


def test_a_completed_course_is_the_course() -> None:
    assert reported(ADL + "completed", COURSE, event="course_completed").activity == COURSE


def test_a_viewed_module_is_opened() -> None:
    assert reported(TINCAN + "viewed", BOOK).claims == ("opened",)


def test_who_somebody_is_comes_from_the_account() -> None:
    (said,) = translated(ADL + "completed", BOOK).said

    assert (said.person.identifier, said.person.name) == ("account:lms.example.net|41", "Ana Alvarez")


# --- quizzes ---------------------------------------------------------------------------------------------------------


def test_a_quiz_attempt_is_about_the_quiz_and_names_the_attempt() -> None:
    result = {"completion": True, "success": True, "score": points(80), "duration": "PT5M"}
    fact = reported(ADL + "completed", ATTEMPT, parents=(f"{LMS}/course/section.php?id=9", QUIZ, COURSE), result=result)

    assert (fact.activity, fact.attempt, fact.claims) == (QUIZ, "7", ("completed", "passed"))


def test_moodle_s_scaled_score_runs_from_minus_one_so_points_are_read() -> None:
    result = {"completion": True, "success": False, "score": points(50)}

    assert result["score"]["scaled"] == 0.0  # type: ignore[index]
    assert reported(ADL + "completed", ATTEMPT, parents=(QUIZ,), result=result).score == 0.5


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (points(80), 0.8),
        (points(5, 0, 10), 0.5),
        (points(15, 10, 20), 0.5),
        (points(0, 0, 0), None),
        ({"raw": 80}, None),
        ({"raw": 80, "max": 100}, 0.8),
        ({"scaled": 0.8}, None),
        ({"raw": 8, "max": 5}, None),
        (None, None),
    ],
)
def test_a_score_is_the_part_of_the_points_that_were_reached(score: Any, expected: float | None) -> None:
    result = {"score": score} if score else {}

    assert reported(ADL + "completed", BOOK, result=result).score == expected


def test_a_success_without_a_point_shows_nothing_for_the_grade_to_pass_may_be_zero() -> None:
    nothing = {"completion": True, "success": True, "score": points(0)}

    assert reported(ADL + "completed", ATTEMPT, parents=(QUIZ,), result=nothing).claims == ("completed",)
    assert reported(ADL + "terminated", SCO, result=nothing).claims == ("attempted", "completed", "passed")


def test_a_quiz_that_was_begun_is_attempted_and_one_that_was_looked_at_names_no_attempt() -> None:
    begun = reported(STREAMS + "start", ATTEMPT, parents=(QUIZ,))
    viewed = reported(TINCAN + "viewed", ATTEMPT, parents=(QUIZ,))

    assert (begun.activity, begun.attempt, begun.claims) == (QUIZ, "7", ("attempted",))
    assert (viewed.activity, viewed.attempt, viewed.claims) == (QUIZ, None, ("opened",))


def test_the_quiz_of_an_attempt_is_found_without_its_parents_too() -> None:
    assert reported(STREAMS + "start", ATTEMPT).activity == QUIZ
    assert reported(STREAMS + "start", f"{LMS}/mod/quiz/attempt.php?attempt=7").activity.endswith("attempt=7")


def test_an_answered_question_is_an_answer_of_its_module_and_no_pass() -> None:
    question = f"{LMS}/question/question.php?cmid=40&id=3"
    fact = reported(ADL + "answered", question, parents=(ATTEMPT, QUIZ), result={"completion": True, "success": True})

    assert (fact.activity, fact.claims) == (QUIZ, ("answered",))
    assert reported(ADL + "answered", question).activity == question


@pytest.mark.parametrize(
    ("verb", "activity"),
    [
        ("https://w3id.org/xapi/tla/verbs/scored", f"{LMS}/review.php?attempt=7&slot=2"),
        (STREAMS + "receive", f"{LMS}/review.php?attempt=7"),
    ],
)
def test_the_grade_of_one_question_and_a_review_say_nothing_of_the_quiz(verb: str, activity: str) -> None:
    assert reason(verb, activity, parents=(QUIZ,), result={"score": points(1, 0, 1)}) == "one_part_of_it"


def test_a_submission_is_an_attempt_and_its_grade_a_score() -> None:
    submission = f"{LMS}/mod/assign/view.php?id=43#submission"
    graded = reported(
        "https://w3id.org/xapi/tla/verbs/scored", submission, result={"success": True, "score": points(90)}
    )

    assert reported(STREAMS + "submit", submission).claims == ("attempted",)
    assert (graded.activity, graded.claims, graded.score) == (submission, ("attempted", "passed"), 0.9)


# --- SCORM -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["completed", "passed", "failed"])
def test_the_status_of_content_is_what_it_says(verb: str) -> None:
    fact = reported(ADL + verb, SCO, event="status_submitted")

    assert (fact.activity, fact.claims) == (SCO, (verb,))


@pytest.mark.parametrize("event", ["scoreraw_submitted", ""])
def test_a_score_shows_an_attempt_and_not_a_completion(event: str) -> None:
    fact = reported(ADL + "completed", SCO, event=event, result={"score": points(90)})

    assert (fact.activity, fact.claims, fact.score) == (SCO, ("attempted",), 0.9)


def test_a_score_of_content_that_is_passed_is_a_pass() -> None:
    assert reported(ADL + "passed", SCO, event="scoreraw_submitted", result={"score": points(90)}).claims == ("passed",)


def test_launched_content_is_opened() -> None:
    assert reported(ADL + "launched", SCO, event="sco_launched").claims == ("opened",)


def test_what_a_wrapper_says_may_be_taken_back() -> None:
    fact = reported(ADL + "suspended", SCO, result={"completion": True})

    assert (fact.claims, fact.provisional) == (("attempted", "completed"), True)


# --- meetings and attendance -----------------------------------------------------------------------------------------


def test_a_click_on_the_join_button_opens_the_activity_and_is_no_presence() -> None:
    fact = reported(STREAMS + "join", ROOM, event="meeting_joined", kind=MEETING)

    assert (fact.activity, fact.claims) == (ROOM, ("opened",))
    assert reason(STREAMS + "leave", ROOM, event="meeting_left", kind=MEETING) == "click"
    assert reason(STREAMS + "leave", ROOM, kind=MEETING) == "click"


def test_a_viewed_room_is_opened_and_how_it_is_run_is_nobody_s_doing() -> None:
    assert reported(TINCAN + "viewed", ROOM, event="course_module_viewed", kind=MEETING).claims == ("opened",)
    assert reason(TINCAN + "viewed", ROOM, event="recording_viewed", kind=MEETING) == "not_about_a_learner"
    assert reason(STREAMS + "create", ROOM, event="meeting_created", kind=MEETING) == "not_about_a_learner"


def test_attendance_face_to_face_names_no_session_and_is_not_read() -> None:
    face_to_face = f"{LMS}/mod/facetoface/view.php?id=45"

    assert reason(ADL + "attended", face_to_face, result={"completion": True}) == "attendance_without_session"
    assert reason(ADL + "registered", face_to_face) == "unknown_verb"


@pytest.mark.parametrize(
    ("above", "is_module"),
    [
        *[(f"{LMS}/mod/quiz/view.php?{query}", True) for query in ("id=40", "lang=de&id=40", "id=40&page=2#top")],
        *[(f"{LMS}/mod/quiz/view.php{query}", False) for query in ("", "?id=", "?id=4x", "?cid=40", "#?id=40")],
        (f"{LMS}/course/view.php?id=40", False),
    ],
)
def test_a_module_is_known_by_its_page_and_number(above: str, is_module: bool) -> None:
    answered = f"{LMS}/question/7"

    assert reported(ADL + "answered", answered, parents=(above,)).activity == (above if is_module else answered)


@pytest.mark.parametrize(
    "piece", ["/mod/a/view.php?", "&id=1x", "/mod/a/view.php?&id=1x", "/mod/quiz/attempt.php?attempt=1"]
)
def test_the_time_that_an_address_takes_grows_with_its_length_alone(piece: str) -> None:
    began = process_time()

    translated(ADL + "completed", f"{LMS}/mod/a/view.php?{piece * 20_000}x")

    assert process_time() - began < 1


# --- laws ------------------------------------------------------------------------------------------------------------


def test_a_void_and_what_is_about_no_activity_give_no_fact() -> None:
    ref = {"objectType": "StatementRef", "id": "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c02"}

    assert translated(ADL + "voided", BOOK, object=ref) == Translation()
    assert reason(ADL + "completed", BOOK, object=ref) == "not_an_activity"
    assert reason(ADL + "passed", BOOK, result={"success": False}) == "contradiction"


@given(outlines)
def test_no_statement_whatever_makes_the_adapter_fail(outline: dict[str, Any]) -> None:
    adapter.translate(outline, RECEIPT)
