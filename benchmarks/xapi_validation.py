"""How long a statement takes to be read and checked, beside tincan, which only reads it, and ralph-malph's models.

All get the same bodies in turns in the same run, so that whatever else the machine does disturbs all; medians of
processor time are compared. ralph-malph has an environment of its own, made for the run. Run it from the root of the
repository: python -m benchmarks.xapi_validation
"""

import json
import statistics
import sys
import warnings
from collections.abc import Callable
from time import process_time
from typing import Any
from uuid import UUID

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tincan import Statement as TincanStatement

from benchmarks.ralph_models import ralph_models
from milepost.sources.xapi import decode, read_statements, validate

BODIES = 200
ROUNDS = 15
BATCH = 50

TINCAN = "tincan Statement.from_json"
RALPH = "ralph BaseXapiStatement"


def activity(path: str, name: str, kind: str) -> dict[str, Any]:
    """Return an activity as a learning platform describes it."""
    return {
        "id": f"https://learn.example.org/{path}",
        "objectType": "Activity",
        "definition": {"type": f"https://vocabulary.example.org/activity-types/{kind}", "name": {"en": name}},
    }


def statement(number: int) -> dict[str, Any]:
    """Return one statement of about 1.7 kB; no two numbers share their id, actor, object, moment and score."""
    return {
        "id": str(UUID(int=(0xA5 << 120) + number * 7919, version=4)),
        "timestamp": f"2027-03-{number % 28 + 1:02}T09:{number % 60:02}:17.{number % 1000:03}+01:00",
        "actor": {
            "objectType": "Agent",
            "name": f"Learner Number {number}",
            "account": {"homePage": "https://learn.example.org", "name": str(40_000 + number)},
        },
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
        "object": activity(f"mod/lesson/view.php?id={number}", f"Lesson {number}: handing over a patient", "lesson"),
        "result": {
            "completion": True,
            "success": number % 3 > 0,
            "duration": f"PT{number % 59}M{number % 60}.25S",
            "score": {"scaled": number % 100 / 100, "raw": number % 100, "min": 0, "max": 100},
        },
        "context": {
            "platform": "Example Learning Platform",
            "language": "en",
            "registration": str(UUID(int=(0xB6 << 120) + number, version=4)),
            "instructor": {"name": "Coordinator", "account": {"homePage": "https://learn.example.org", "name": "17"}},
            "contextActivities": {
                "parent": [activity("course/view.php?id=12", "Handover in the emergency room", "course")],
                "grouping": [activity("", "Example Learning Platform", "platform")],
                "category": [activity("profiles/blended", "Blended training", "profile")],
            },
            "extensions": {
                "https://learn.example.org/define/extensions/origin": {"component": "mod_lesson", "release": "4.5.2"},
                "https://learn.example.org/define/extensions/attempt": number % 4,
            },
        },
    }


def microseconds_each(work: Callable[[Any], object], inputs: list[Any]) -> float:
    """Return the processor time that the work takes for one of the inputs."""
    began = process_time()
    for each in inputs:
        work(each)
    return (process_time() - began) / len(inputs) * 1e6


def compare() -> dict[str, float]:
    """Return the median microseconds of one statement for each way of handling it."""
    texts = [json.dumps(statement(number)) for number in range(BODIES)]
    bodies = [text.encode() for text in texts]
    batches = [f"[{','.join(texts[start : start + BATCH])}]".encode() for start in range(0, BODIES, BATCH)]
    decoded = [decode(body) for body in bodies]
    with ralph_models(texts) as ralph_round:
        ways: dict[str, Callable[[], float]] = {
            TINCAN: lambda: microseconds_each(TincanStatement.from_json, texts),
            RALPH: ralph_round,
            "decode and validate": lambda: microseconds_each(read_statements, bodies),
            f"the same in batches of {BATCH}": lambda: microseconds_each(read_statements, batches) / BATCH,
            "decode alone": lambda: microseconds_each(decode, bodies),
            "validate alone": lambda: microseconds_each(validate, decoded),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                taken[name].append(way())
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Print the medians, and how many times as fast as tincan and as ralph-malph each is."""
    size = statistics.mean(len(json.dumps(statement(number))) for number in range(BODIES))
    medians = compare()
    sys.stdout.write(f"{BODIES} statements of {size:.0f} octets, {ROUNDS} rounds\n")
    for name, median in medians.items():
        ratios = "".join(f"{medians[other] / median:9.1f} x {other.split()[0]}" for other in (TINCAN, RALPH))
        sys.stdout.write(f"{name:32}{median:9.1f} us{ratios}\n")


if __name__ == "__main__":
    main()
