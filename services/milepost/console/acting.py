"""What people do on the pages becomes facts of the source `console`, accepted like everybody else's.

A command answers once its facts are on the disk, and once the pages show them, or a few seconds have passed.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection

from milepost.console.visit import SOURCE, Desk, settled, submit
from milepost.console.who import Who
from milepost.store import recording
from milepost.store.readings.people import Identity
from milepost.store.submission import Accepted, Outcome
from milepost_schemas.facts import AttendanceMarked, PersonFact, RosterClosed, SeatExcused
from milepost_schemas.messages import AboutActor, IdentityDecided
from milepost_schemas.submissions import Deed, LogMessage, Submission
from milepost_schemas.words import Mark

BY_HAND = 30
"""The rank of a mark that a person makes on a page: above systems and sheets."""

PATIENCE = 5.0

Said = Callable[["Stamp"], Sequence[LogMessage]]

Watch = Callable[[Connection], bool]
"""Says whether pages show what was accepted."""


class Stamp:
    """When a command was received, and the ids of what it says."""

    def __init__(self, tenant: str, received_at: int) -> None:
        """Stamp what one command says."""
        self.tenant = tenant
        self.received_at = received_at

    def fact_id(self) -> str:
        """Return a new id, above all earlier ones: of two commands at one moment of the clock the later counts."""
        return f"{SOURCE}-{time.time_ns():020d}-{uuid4().hex[:12]}"


def act(desk: Desk, who: Who, say: Said, what: str, subject: str, **details: str) -> int:
    """Have what a command says accepted, with its line of the audit log: `what` was done with which subject.

    Return the position in the log that pages show from then on.
    """
    deed = Deed(account=who.account, what=what, subject=subject, details=details)

    def build(received_at: int) -> Submission:
        messages = tuple(say(Stamp(who.tenant, received_at)))
        return Submission(tenant=who.tenant, source=SOURCE, received_at=received_at, messages=messages, deed=deed)

    outcome = take(desk, build)
    return outcome.position if isinstance(outcome, Accepted) else 0


def take(desk: Desk, build: Callable[[int], Submission]) -> Outcome:
    """Have a submission accepted that is built for the moment of its receipt, and wait until pages show it."""
    with desk.acceptance.receiving() as received_at:
        outcome = settled(submit(desk.acceptance, build(received_at)))
    if isinstance(outcome, Accepted):
        _wait(desk, outcome.position)
    return outcome


def link(stamp: Stamp, identity: Identity, learner: str) -> IdentityDecided:
    """Return the decision that an identifier is this learner."""
    return _decide(stamp, identity, "linked", learner)


def mark_as_guest(stamp: Stamp, identity: Identity) -> IdentityDecided:
    """Return the decision that an identifier is a guest."""
    return _decide(stamp, identity, "guest", None)


def undo(stamp: Stamp, identity: Identity) -> IdentityDecided:
    """Return that an identifier is nobody in particular again."""
    return _decide(stamp, identity, "undone", None)


def mark(stamp: Stamp, identity: Identity, place: tuple[str, str], present: Mark, reason: str) -> AboutActor:
    """Return a person's mark for a session."""
    offering, session = place
    return _about(
        identity,
        AttendanceMarked(**_said(stamp), offering=offering, session=session, mark=present, rank=BY_HAND, reason=reason),
    )


def excuse(stamp: Stamp, identity: Identity, place: tuple[str, str], *, excused: bool, reason: str) -> AboutActor:
    """Return that a person is excused from a session, or no longer."""
    offering, session = place
    return _about(
        identity,
        SeatExcused(**_said(stamp), offering=offering, session=session, excused=excused, reason=reason),
    )


def close_roster(stamp: Stamp, place: tuple[str, str], *, closed: bool) -> RosterClosed:
    """Return that the roster of a session is complete, or open again."""
    offering, session = place
    return RosterClosed(**_said(stamp), offering=offering, session=session, closed=closed)


def _decide(
    stamp: Stamp, identity: Identity, decision: Literal["linked", "guest", "undone"], learner: str | None
) -> IdentityDecided:
    return IdentityDecided(**_said(stamp), actor=identity.actor, decision=decision, learner=learner)


def _about(identity: Identity, fact: PersonFact) -> AboutActor:
    return AboutActor(
        actor=identity.actor,
        candidate_learner=identity.learner,
        candidate_identifier=identity.identifier,
        fact=fact,
    )


def _said(stamp: Stamp) -> dict[str, Any]:
    return {
        "tenant": stamp.tenant,
        "fact_id": stamp.fact_id(),
        "source": SOURCE,
        "occurred_at": stamp.received_at,
        "recorded_at": stamp.received_at,
        "received_at": stamp.received_at,
    }


def watch_tracker(position: int) -> Watch:
    """Return what says when the tracker, which stores what pages show, has taken in the log up to a position."""
    return lambda connection: recording.position(connection) >= position


def _wait(desk: Desk, position: int) -> None:
    until = time.monotonic() + PATIENCE
    is_shown = desk.watch(position)
    while time.monotonic() < until:
        with desk.database.reading() as connection:
            if is_shown(connection):
                return
        time.sleep(0.02)
