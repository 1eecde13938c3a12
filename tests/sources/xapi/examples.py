"""Statements to begin with: sound ones, and what to do to them."""

import copy
from typing import Any

ID = "6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10"
OTHER_ID = "0b9d7c31-55aa-4e02-8f16-d2a4b6c8e0f1"

ANA: dict[str, Any] = {"name": "Ana", "mbox": "mailto:ana@clinic.example"}
BEN: dict[str, Any] = {"account": {"homePage": "https://lms.clinic.example", "name": "42"}}
LESSON: dict[str, Any] = {"id": "https://lms.clinic.example/lessons/7"}


def agent(**properties: Any) -> dict[str, Any]:
    """Return an agent with just these properties."""
    return properties


def group(*members: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return a group of these members."""
    return {"objectType": "Group", "member": list(members), **properties}


def statement(**properties: Any) -> dict[str, Any]:
    """Return the shortest sound statement, with these properties added or put in place of its own."""
    return {
        "actor": copy.deepcopy(ANA),
        "verb": {"id": "https://verbs.example/finished"},
        "object": copy.deepcopy(LESSON),
        **properties,
    }


def about(**definition: Any) -> dict[str, Any]:
    """Return a statement whose activity has this definition."""
    return statement(object={**LESSON, "definition": definition})


def attachment(**properties: Any) -> dict[str, Any]:
    """Return a sound attachment, with these properties put in place of its own."""
    return {
        "usageType": "https://usage.example/certificate",
        "display": {"en": "Certificate"},
        "contentType": 'application/pdf; version="1.7"',
        "length": 1024,
        "sha2": "ab" * 32,
        **properties,
    }


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the object without these properties."""
    return {name: item for name, item in value.items() if name not in names}


def sub_statement(**properties: Any) -> dict[str, Any]:
    """Return a sound statement to be put inside another."""
    return {"objectType": "SubStatement", **statement(**properties)}


def everything() -> dict[str, Any]:
    """Return a statement that uses every property there is, as far as they go together."""
    inner = sub_statement(
        timestamp="2031-01-01T00:00:00Z",
        result={"response": "soon"},
        context={"platform": "clinic", "revision": "3", "contextActivities": {"parent": LESSON}},
        attachments=[attachment()],
    )
    whole = statement(
        id=ID,
        actor=group(
            ANA,
            BEN,
            {"mbox_sha1sum": "0a" * 20},
            {"openid": "https://ana.example/"},
            name="Team",
            mbox="mailto:t@x.example",
        ),
        verb={"id": "https://verbs.example/planned", "display": {"en-GB": "planned", "zh-Hant-TW": "計畫"}},
        object=inner,
        result={
            "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10.0},
            "success": True,
            "completion": False,
            "response": "",
            "duration": "PT1H2.5S",
            "extensions": {"https://ext.example/any": [None, {"deep": None}]},
        },
        context={
            "registration": OTHER_ID,
            "instructor": BEN,
            "team": group(ANA),
            "contextActivities": {"parent": [LESSON], "grouping": LESSON, "category": [], "other": [LESSON, LESSON]},
            "language": "de-CH",
            "statement": {"objectType": "StatementRef", "id": OTHER_ID},
            "extensions": {},
        },
        timestamp="2027-02-28T23:59:59.123+01:00",
        stored="2027-02-28T23:00:00Z",
        authority=group(BEN, ANA),
        version="1.0.2",
        attachments=[attachment(fileUrl="https://files.example/1", description={})],
    )
    return copy.deepcopy(whole)
