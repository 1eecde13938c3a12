"""Messages of our own in the shapes that senders use, and arbitrary ones of the same outline."""

from typing import Any

from hypothesis import strategies as st

from milepost.sources.translation import Receipt
from milepost.sources.xapi import finish
from milepost_schemas.instants import from_text

NOW = from_text("2026-09-07T10:00:00Z")
RECEIPT = Receipt("default", "lms", NOW)

ADL = "http://adlnet.gov/expapi/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
INFO = "http://lrs.learninglocker.net/define/extensions/info"
LMS = "https://lms.example.net"
QUIZ = f"{LMS}/mod/quiz/view.php?id=40"
ATTEMPT = f"{LMS}/mod/quiz/attempt.php?attempt=7&cmid=40"
SCO = f"{LMS}/mod/scorm/view.php?id=41#sco"

scraps: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("x" * 3000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON at all."""


def finished(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement as an adapter gets it."""
    return finish(statement, id="5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01", stored_at=NOW, authority={})


def statement(verb: str = ADL + "completed", **more: Any) -> dict[str, Any]:
    """Return a statement of a player."""
    return finished(
        {
            "actor": {"mbox": "mailto:ana@example.net", "name": "Ana Alvarez"},
            "verb": {"id": verb},
            "object": {"id": "https://content.example.net/lockout/1"},
            "timestamp": "2026-09-07T09:00:00Z",
            **more,
        }
    )


def moodle(
    verb: str, activity: str, *, event: str = "", parents: tuple[str, ...] = (), kind: str = "", **more: Any
) -> Any:
    """Return a statement of Moodle's log store."""
    return finished(
        {
            "actor": {"account": {"homePage": LMS, "name": "41"}, "name": "Ana Alvarez"},
            "verb": {"id": verb},
            "object": {"id": activity, "objectType": "Activity", "definition": {"type": kind}},
            "context": {
                "platform": "Moodle",
                "registration": "6e1a6a5c-0000-5000-8000-000000000001",
                "contextActivities": {"parent": [{"id": parent} for parent in parents]},
                "extensions": {INFO: {"event_name": f"\\mod_x\\event\\{event}"}} if event else {},
            },
            "timestamp": "2026-09-07T09:00:00Z",
            **more,
        }
    )
