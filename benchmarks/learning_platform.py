"""What a learning platform sends: a statement of about 1.7 kB, with all that such platforms say beside the point."""

from collections.abc import Mapping
from uuid import uuid4

PLATFORM = "https://lms.example.com"

Json = Mapping[str, object]


def platform_statement(actor: Json, verb: str, activity: str, result: Json, timestamp: str) -> dict[str, object]:
    """Return that somebody did something to an activity; the verb is one of ADL's, by its last word."""
    kind = {"type": "https://vocabulary.example.org/activity-types/lesson", "name": {"en": "Handing over a patient"}}
    course = {"id": f"{PLATFORM}/course/view.php?id=12", "objectType": "Activity", "definition": kind}
    return {
        "id": str(uuid4()),
        "timestamp": timestamp,
        "actor": actor,
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {"id": activity, "objectType": "Activity", "definition": kind},
        "result": result,
        "context": {
            "platform": "Example Learning Platform",
            "language": "en",
            "registration": str(uuid4()),
            "instructor": {"name": "Coordinator", "account": {"homePage": PLATFORM, "name": "17"}},
            "contextActivities": {"parent": [course], "grouping": [course], "category": [course]},
            "extensions": {f"{PLATFORM}/define/extensions/origin": {"component": "mod_lesson", "release": "4.5.2"}},
        },
    }
