"""Unmatched attendee: somebody stayed ten minutes or more, and is nobody that we know."""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Breach, Ended, Finding, Place
from milepost.core.session import Participant, Session
from milepost_schemas.words import Audience

TITLE = "Unmatched attendee"
WHY = "{participant} was in {session} for {minutes} minutes, and is nobody that we know yet."
CLOSES_WHEN = "Closes when they are linked to a learner, or marked as a guest."
TOLD: tuple[Audience, ...] = ("coordinator", "data_admin")


def find(session: Session, clock: Clock) -> Iterator[Finding]:
    """Yield a breach per participant who is, or was until a person decided, nobody; once their channel is closed."""
    del clock  # the offering concludes when a channel closes
    for participant in session.participants:
        if not participant.stayed or not participant.channel_closed:
            continue
        if participant.standing != "provisional" and participant.decided is None:
            continue
        yield Breach(
            place=Place(offering=session.offering, session=session.plan.session, identifier=participant.identifier),
            since=session.plan.end_at,
            severity="warning",
            shown_by=participant.shown_by,
            ended=_ended(participant),
            values={
                "session": session.name,
                "participant": participant.identifier,
                "minutes": participant.minutes,
            },
        )


def _ended(participant: Participant) -> Ended | None:
    return None if participant.standing == "provisional" else participant.decided
