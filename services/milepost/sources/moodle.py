"""Statements of Moodle's log store (the plugin logstore_xapi): what they say once its habits are known.

- A score's `scaled` runs from -1 (the lowest grade) to 1 (the highest), so half of the points is 0. Here a score is the
  part of the points that were reached, from 0 to 1, read from raw, min and max.
- A grade to pass of 0, the default, makes every attempt a success, one with no point at all too. A success without a
  point shows nothing.
- A SCORM score comes with the verb `completed` whatever the status of the content is: it shows an attempt and a score.
  The status comes in a statement of its own.
- A quiz attempt is an activity of its own with every attempt; the fact is about the quiz. A program names what stands
  in the address bar (`.../mod/quiz/view.php?id=40`), for SCORM content with `#sco` behind it.
- The registration is a login, and a join button shows no presence.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from milepost.sources import verbs
from milepost.sources.statements import (
    Statement,
    activity_of,
    claimed,
    context_activities,
    number,
    reported,
    verb_of,
    voids,
    with_result,
)
from milepost.sources.translation import Reason, Receipt, Translation, inside, nothing, text_in
from milepost_schemas.words import Claim

INFO = "http://lrs.learninglocker.net/define/extensions/info"
MEETING = "http://adlnet.gov/expapi/activities/meeting"
VIEWED = verbs.TINCAN + "viewed"
RECEIVED = verbs.STREAMS + "receive"

_VIEW = re.compile(r"/mod/[a-z0-9_]+/view\.php$")
_MODULE_ID = re.compile(r"id=\d+")
_ATTEMPT = re.compile(r"^(?P<root>.*)/mod/quiz/attempt\.php\?attempt=(?P<attempt>\d+)(?:&cmid=(?P<module>\d+))?$")
_REVIEW = re.compile(r"/review\.php\?attempt=\d+")

NO_LEARNERS_DOING: Mapping[str, Reason] = {
    "meeting_left": "click",
    "meeting_created": "not_about_a_learner",
    "meeting_ended": "not_about_a_learner",
    "live_session_event": "not_about_a_learner",
    "activity_management_viewed": "not_about_a_learner",
    **dict.fromkeys(
        (
            "recording_deleted",
            "recording_edited",
            "recording_imported",
            "recording_protected",
            "recording_published",
            "recording_unprotected",
            "recording_unpublished",
            "recording_viewed",
        ),
        "not_about_a_learner",
    ),
}
"""Messages of the BigBlueButton module that show nothing of what a learner did in the session."""

Claims = tuple[Claim, ...] | Literal["contradiction"] | None


def translate(statement: Statement, receipt: Receipt) -> Translation:
    """Return what a finished statement of Moodle says."""
    verb, told_by = verb_of(statement), event_of(statement)
    if voids(statement):
        return Translation()
    activity = activity_of(statement)
    if activity is None:
        return nothing("not_an_activity", verb)
    if _REVIEW.search(activity) or verb == RECEIVED:
        return nothing("one_part_of_it", told_by or verb)
    if text_in(statement, "object", "definition", "type") == MEETING:
        return _of_meeting(statement, activity, receipt)
    if verb in verbs.ATTENDED:
        return nothing("attendance_without_session", told_by or verb)
    module, attempt = module_of(statement, activity)
    return reported(statement, module, receipt, claims=claims_of(statement), score=score_of(statement), attempt=attempt)


def event_of(statement: Statement) -> str:
    """Return the short name of the Moodle event that a statement was made from, e.g. `scoreraw_submitted`."""
    return text_in(statement, "context", "extensions", INFO, "event_name").rpartition("\\")[2]


def claims_of(statement: Statement) -> Claims:
    """Return what the statement claims, with Moodle's habits taken out."""
    verb = verb_of(statement)
    if verb == verbs.UNCOMPLETED:
        return ("uncompleted",)
    claims = claimed(statement)
    if not isinstance(claims, tuple):
        return claims
    if is_scorm_score(statement):
        return tuple(claim for claim in claims if claim != "completed") or ("attempted",)
    if verb in verbs.CLAIMS and inside(statement, "result", "success") is True and score_of(statement) == 0.0:
        return with_result(verbs.CLAIMS[verb], completion=inside(statement, "result", "completion"), success=None)
    return claims


def is_scorm_score(statement: Statement) -> bool:
    """Say whether it is the score of SCORM content, whose verb says `completed` for want of a status."""
    told_by = event_of(statement)
    if told_by:
        return told_by == "scoreraw_submitted"
    content = (activity_of(statement) or "").endswith("#sco")
    return (
        content
        and inside(statement, "result", "score") is not None
        and inside(statement, "result", "completion") is None
    )


def score_of(statement: Statement) -> float | None:
    """Return the part of the points that were reached, from 0 to 1; None without a range of points."""
    score = inside(statement, "result", "score")
    raw, least, most = (number(inside(score, name)) for name in ("raw", "min", "max"))
    if raw is None or most is None:
        return None
    least = least or 0.0
    if not least <= raw <= most or least == most:
        return None
    return (raw - least) / (most - least)


def module_of(statement: Statement, activity: str) -> tuple[str, str | None]:
    """Return the activity that a program names, and the attempt: of an attempt the quiz, of a question its module."""
    if _is_module(activity):
        return activity, None
    parent = next(_modules_above(statement), None)
    attempt = _ATTEMPT.match(activity)
    if attempt is None:
        return (parent or activity) if verb_of(statement) == verbs.ADL + "answered" else activity, None
    if parent is None and attempt["module"]:
        parent = f"{attempt['root']}/mod/quiz/view.php?id={attempt['module']}"
    # The number in "attempt viewed" is that of the log entry.
    return parent or activity, None if verb_of(statement) == VIEWED else attempt["attempt"]


def _modules_above(statement: Statement) -> Iterator[str]:
    for above in context_activities(statement, "parent"):
        found = text_in(above, "id")
        if _is_module(found):
            yield found


def _is_module(activity: str) -> bool:
    """Say whether this is the page of a module, by its parts: one expression would take a long address many times."""
    view, _, query = activity.partition("#")[0].partition("?")
    return _VIEW.search(view) is not None and any(map(_MODULE_ID.fullmatch, query.split("&")))


def _of_meeting(statement: Statement, activity: str, receipt: Receipt) -> Translation:
    """Return that the learner has opened the page; who was in the meeting, the meeting itself must say."""
    verb, told_by = verb_of(statement), event_of(statement)
    if told_by in NO_LEARNERS_DOING:
        return nothing(NO_LEARNERS_DOING[told_by], told_by)
    if verb in verbs.LEFT:
        return nothing("click", told_by or verb)
    claims: Any = ("opened",) if verb in verbs.JOINED else claims_of(statement)
    return reported(statement, activity, receipt, claims=claims)
