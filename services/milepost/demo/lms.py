"""The simulated LMS: statements as Moodle's log store makes them, sent one by one through the `tincan` client.

They carry no id, so what is sent again comes under a new one; only the SCORM wrapper and graded attempts name theirs,
since they are voided later.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tincan import RemoteLRS, Statement

from milepost.demo.sending import Refused, Say, run
from milepost_schemas.instants import to_text

LMS = "https://lms.example.com"
ADL = "http://adlnet.gov/expapi/verbs/"
INFO = "http://lrs.learninglocker.net/define/extensions/info"
MODULE = {"quiz": 102, "posttest": 103}
TITLES = {
    101: "Hazardous energy and how to isolate it",
    102: "Entry quiz",
    103: "Final test",
    104: "The six steps at the machine",
}
COURSE = {
    "id": f"{LMS}/course/view.php?id=7",
    "objectType": "Activity",
    "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course", "name": {"en": "Lockout/tagout"}},
}
SCO = {
    "id": f"{LMS}/mod/scorm/view.php?id=101#sco",
    "objectType": "Activity",
    "definition": {
        "type": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object",
        "name": {"en": f"{TITLES[101]} Content"},
    },
}

Json = dict[str, Any]


def build(address: str, key: str) -> Say:
    """Return what sends statements with this key."""
    lrs = RemoteLRS(endpoint=f"{address}/xapi/", version="1.0.3", username="lms", password=key)

    def say(now: int, do: str, said: Json) -> tuple[str, ...]:
        del now  # a statement says when it happened; when it came, the server knows
        sent = Statement(statement(do, said))
        response = lrs.save_statement(sent)
        if not response.success:
            raise Refused(response.data, response.response.status)
        return (str(sent.id),)

    return say


def statement(do: str, said: Json) -> Json:
    """Return an act as a statement."""
    return {
        **_what(do, said),
        "actor": {"objectType": "Agent", "name": said["who"], "account": _account(said)},
        "timestamp": to_text(said["when"]),
    }


def _account(said: Json) -> Json:
    return {"homePage": LMS, "name": said["account"]}


def _what(do: str, said: Json) -> Json:
    match do:
        case "view_course":
            return _told(_verb("http://id.tincanapi.com/verb/", "viewed"), COURSE, "core\\event\\course_viewed")
        case "launch":
            return _told(_verb(ADL, "launched"), SCO, "mod_scorm\\event\\sco_launched")
        case "scorm_score":
            told = _told(_verb(ADL, "completed"), SCO, "mod_scorm\\event\\scoreraw_submitted")
            return {**told, "result": {"score": _score(said["score"])}}
        case "scorm_done":
            return _told(_verb(ADL, "completed"), SCO, "mod_scorm\\event\\status_submitted")
        case "terminate":
            return {
                "id": _id_of(said["name"]),
                "verb": _verb(ADL, "terminated"),
                "object": SCO,
                "result": {"completion": said["done"]},
            }
        case "void":
            target = {"objectType": "StatementRef", "id": _id_of(said["name"])}
            return {"verb": _verb(ADL, "voided"), "object": target}
        case "quiz" | "posttest":
            return _quiz(MODULE[do], said)
        case "card":
            card = {
                "id": f"{LMS}/cards/lockout-tagout/{said['number']}",
                "objectType": "Activity",
                "definition": {"name": {"en": f"Recall card {said['number']}"}},
            }
            return {"verb": _verb(ADL, "answered"), "object": card, "result": {"success": True, "response": "b"}}
        case "aid":
            resource = _module("resource", 104, "http://id.tincanapi.com/activitytype/resource")
            told_by = "mod_resource\\event\\course_module_viewed"
            return _told(_verb("http://id.tincanapi.com/verb/", "viewed"), resource, told_by)
        case _:
            raise ValueError(f"the LMS does not know how to say {do}")


def _quiz(module: int, said: Json) -> Json:
    """Return a finished attempt: an activity of its own, under the quiz."""
    quiz = _module("quiz", module, "http://adlnet.gov/expapi/activities/assessment")
    attempt = f"{module}{said['account']}{said['attempt']}"
    of_attempt = {
        "id": f"{LMS}/mod/quiz/attempt.php?attempt={attempt}&cmid={module}",
        "objectType": "Activity",
        "definition": {"type": "http://adlnet.gov/expapi/activities/attempt", "name": {"en": "Attempt"}},
    }
    told = _told(_verb(ADL, "completed"), of_attempt, "mod_quiz\\event\\attempt_submitted")
    told["context"]["contextActivities"]["parent"] = [quiz, COURSE]
    told["result"] = {"score": _score(said["score"]), "completion": True, "success": said["score"] >= 0.8}
    return {**told, "id": _id_of(said["name"])} if said["name"] else told


def _told(verb: Json, activity: Json, told_by: str) -> Json:
    """Return a statement with the context that Moodle gives."""
    return {
        "verb": verb,
        "object": activity,
        "context": {
            "platform": "Moodle",
            "language": "en",
            "contextActivities": {
                "grouping": [{"id": LMS, "objectType": "Activity", "definition": {"name": {"en": "Learning"}}}],
                "parent": [COURSE],
                "category": [{"id": "http://moodle.org", "objectType": "Activity"}],
            },
            "extensions": {INFO: {"http://moodle.org": "4.5", "event_name": f"\\{told_by}"}},
        },
    }


def _module(kind: str, number: int, activity_type: str) -> Json:
    return {
        "id": f"{LMS}/mod/{kind}/view.php?id={number}",
        "objectType": "Activity",
        "definition": {"type": activity_type, "name": {"en": TITLES[number]}},
    }


def _verb(vocabulary: str, name: str) -> Json:
    return {"id": vocabulary + name, "display": {"en": name.capitalize()}}


def _score(share: float) -> Json:
    """Return points out of 20, scaled as Moodle scales: -1 is nothing at all."""
    points = round(20 * share, 1)
    return {"raw": points, "min": 0, "max": 20, "scaled": round(points / 10 - 1, 3)}


def _id_of(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{LMS}/statement/{name}"))


if __name__ == "__main__":
    run(build)
