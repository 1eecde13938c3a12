"""Values for the store's tests."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from milepost.store.database import insert
from milepost.store.tables import accepted
from milepost_schemas.facts import ActivityReported
from milepost_schemas.instants import from_text
from milepost_schemas.messages import AboutActor
from milepost_schemas.projections import GapRow, JourneyRow, LearnerProjected, StepRow
from milepost_schemas.submissions import NewStatement, PersonSeen, RawMessage, Submission

NOON = from_text("2026-09-07T12:00:00Z")


def make_tenant(connection: Connection, name: str, *, at: int) -> None:
    """Make a tenant that is tracked from this moment on, of which the log says nothing; one that is there stays."""
    new = insert(connection, accepted.tenants).on_conflict_do_nothing()
    connection.execute(new, {"name": name, "created_at": at})


def activity(fact_id: str = "f1", **changes: Any) -> ActivityReported:
    values: dict[str, Any] = {
        "tenant": "default",
        "fact_id": fact_id,
        "source": "lms",
        "occurred_at": NOON,
        "recorded_at": NOON,
        "received_at": NOON,
        "activity": "https://lms.example/module/1",
        "claims": ("completed",),
    }
    return ActivityReported(**{**values, **changes})


def about(actor: str = "ana", fact: ActivityReported | None = None, *, candidate: str | None = None) -> AboutActor:
    return AboutActor(
        actor=actor,
        candidate_learner=f"learner-{candidate or actor}",
        candidate_identifier=f"identifier-{candidate or actor}",
        fact=fact or activity(),
    )


def body(statement_id: str, verb: str = "http://adlnet.gov/expapi/verbs/completed", **changes: Any) -> dict[str, Any]:
    return {
        "id": statement_id,
        "actor": {"mbox": "mailto:ana@example.org"},
        "verb": {"id": verb},
        "object": {"id": "https://lms.example/module/1"},
        "timestamp": "2026-09-07T12:00:00Z",
        **changes,
    }


def statement(statement_id: str | None = None, *messages: AboutActor, **changes: Any) -> NewStatement:
    id = statement_id or str(uuid4())
    came = body(id, **changes)
    return NewStatement(
        statement_id=id,
        verb=came["verb"]["id"],
        occurred_at=NOON,
        recorded_at=NOON,
        came=came,
        body=came,
        messages=messages,
    )


def void(target: str, *, id: str | None = None, recorded_at: int = NOON) -> NewStatement:
    id = id or str(uuid4())
    verb = "http://adlnet.gov/expapi/verbs/voided"
    came = body(id, verb=verb, object={"objectType": "StatementRef", "id": target}) | {"verb": {"id": verb}}
    return NewStatement(
        statement_id=id,
        verb=verb,
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        came=came,
        body=came,
        voids=target,
    )


def submission(*statements: NewStatement, **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "tenant": "default",
        "source": "lms",
        "received_at": NOON,
        "raw": RawMessage(route="/xapi/statements", body=b"{}"),
        "statements": statements,
    }
    return Submission(**{**values, **changes})


def person(actor: str = "ana", **changes: Any) -> PersonSeen:
    values: dict[str, Any] = {"actor": actor, "identifier": "account:lms.example|ana"}
    return PersonSeen(**{**values, **changes})


def gap(gap_id: str = "g1", **changes: Any) -> GapRow:
    values: dict[str, Any] = {
        "gap_id": gap_id,
        "gap": "never_started",
        "subject_kind": "journey",
        "subject": "ana/course/1",
        "about": "",
        "state": "open",
        "severity": "warning",
        "since": NOON,
        "opened_at": NOON,
        "changed_at": NOON,
        "learner": "ana",
        "program": "course",
        "values": {},
    }
    return GapRow(**{**values, **changes})


def learner(name: str = "ana", **changes: Any) -> LearnerProjected:
    journey = JourneyRow(
        program="course",
        version=1,
        cohort="spring",
        enrolled_at=NOON,
        enrolled_by="f0",
        state="active",
        stage="pre_learning",
        steps=(StepRow(step="theory", stage="pre_learning", state="due"),),
    )
    values: dict[str, Any] = {
        "tenant": "default",
        "learner": name,
        "version": 1,
        "as_of": NOON,
        "journeys": (journey,),
        "gaps": (gap(f"gap-{name}", learner=name),),
    }
    return LearnerProjected(**{**values, **changes})
