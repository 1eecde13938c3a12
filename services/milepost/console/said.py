"""What a source said, in words: one clause for each kind of fact."""

from markupsafe import Markup

from milepost.console.moments import count, percent
from milepost.console.sentences import Speech, listed
from milepost.console.words import CLOSED_BY
from milepost.store.readings.titles import readable
from milepost_schemas.facts import (
    ActivityReported,
    AttendanceMarked,
    Fact,
    ImportBegan,
    ImportFinished,
    LearnerEnrolled,
    LearnerWithdrawn,
    MeetingEnded,
    MeetingStarted,
    ObservationSignedOff,
    OfferingScheduled,
    ParticipantJoined,
    ParticipantLeft,
    RosterClosed,
    SeatChanged,
    SeatExcused,
    SheetSubmitted,
    SourceDeclared,
    SourceHeard,
    StepWaived,
)
from milepost_schemas.messages import FactRevoked, IdentityDecided
from milepost_schemas.projections import SessionRow

SEAT = {
    "requested": "asked for a seat in",
    "waitlisted": "was put on the waitlist of",
    "booked": "was booked on",
    "canceled": "lost the seat in",
}


def said(fact: Fact, speech: Speech) -> Markup:
    """Return what the fact says, as a clause about its learner or session."""
    match fact:
        case ActivityReported():
            return _activity(fact, speech)
        case LearnerEnrolled():
            cohort = f", cohort {fact.cohort}" if fact.cohort else ""
            return Markup("enrolled in <cite>{}</cite>{}").format(speech.programs.title(fact.program), cohort)
        case LearnerWithdrawn():
            return Markup("withdrew from <cite>{}</cite>{}").format(
                speech.programs.title(fact.program), _because(fact.reason)
            )
        case StepWaived():
            verb = "need not do" if fact.waived else "must do after all:"
            return Markup("{} {}{}").format(verb, speech.step(fact.program, fact.step), _because(fact.reason))
        case ObservationSignedOff():
            return Markup("{} signed off by the {}").format(
                speech.step(fact.program, _occurrence(fact.step, fact.occurrence)), fact.role.replace("_", " ")
            )
        case SeatChanged():
            return _seat(fact, speech)
        case SeatExcused():
            verb = "excused from" if fact.excused else "no longer excused from"
            return Markup("{} {}{}").format(verb, _place(fact.offering, fact.session, speech), _because(fact.reason))
        case AttendanceMarked():
            where = f" in the {fact.channel}" if fact.channel else ""
            session = _place(fact.offering, fact.session, speech)
            return Markup("marked <b>{}</b>{} for {}").format(fact.mark, where, session)
        case ParticipantJoined():
            return Markup("came into the meeting")
        case ParticipantLeft():
            return Markup("left the meeting")
        case OfferingScheduled():
            return Markup("scheduled {} with {}").format(
                fact.title or readable(fact.offering), count(len(fact.sessions), "session")
            )
        case RosterClosed():
            verb = "closed" if fact.closed else "opened again"
            return Markup("roster of {} {}").format(_place(fact.offering, fact.session, speech), verb)
        case SheetSubmitted():
            session = _place(fact.offering, fact.session, speech)
            return Markup("the {} sheet of {} came in").format(fact.channel, session)
        case MeetingStarted():
            return Markup("the host opened the meeting")
        case MeetingEnded():
            return Markup("the host ended the meeting")
        case IdentityDecided():
            return _identity(fact, speech)
        case FactRevoked():
            return Markup("took back what it had said, as of {}").format(speech.instant(fact.withdrawn_at))
        case SourceDeclared():
            return Markup("declared as {}").format(fact.kind)
        case SourceHeard():
            return Markup("gave a sign of life")
        case ImportBegan():
            return Markup("began to deliver its past")
        case ImportFinished():
            return Markup("has delivered its past")
        case _:
            return Markup("said something that this version cannot put into words")


def said_of_step(fact: Fact, speech: Speech) -> Markup:
    """Return what the fact says where the step stands beside it, so that its title need not be said again."""
    match fact:
        case ActivityReported():
            return Markup("{}{}").format(_claims(fact), _figures(fact))
        case ObservationSignedOff():
            return Markup("signed off by the {}").format(fact.role.replace("_", " "))
        case _:
            return said(fact, speech)


def closings(row: SessionRow) -> str:
    """Return what says that nothing more is to come of a session, and so that who was not seen was absent."""
    hows = [channel.closed_how for channel in row.channels if channel.closed_how is not None]
    return " and ".join(CLOSED_BY[how] for how in dict.fromkeys(hows)) or CLOSED_BY["roster"]


def _activity(fact: ActivityReported, speech: Speech) -> Markup:
    return Markup("{} {}{}").format(_claims(fact), speech.activity(fact.source, fact.activity), _figures(fact))


def _claims(fact: ActivityReported) -> Markup:
    return listed([Markup("<b>{}</b>").format(claim.replace("_", " ")) for claim in fact.claims])


def _figures(fact: ActivityReported) -> str:
    figures = []
    if fact.score is not None:
        figures.append(f"score {percent(fact.score)}")
    if fact.progress is not None:
        figures.append(f"progress {percent(fact.progress)}")
    return f" ({', '.join(figures)})" if figures else ""


def _seat(fact: SeatChanged, speech: Speech) -> Markup:
    verb = SEAT[fact.state]
    if fact.state == "canceled" and fact.canceled_by:
        verb = "canceled the seat in" if fact.canceled_by == "learner" else "had the seat canceled by the provider in"
    return Markup("{} {}").format(verb, _place(fact.offering, None, speech))


def _identity(fact: IdentityDecided, speech: Speech) -> Markup:
    match fact.decision:
        case "linked":
            return Markup("linked to {}").format(speech.learner(fact.learner))
        case "guest":
            return Markup("marked as a guest")
        case "undone":
            return Markup("the decision who this is was taken back")


def _place(offering: str, session: str | None, speech: Speech) -> Markup:
    if session is not None:
        return speech.session(f"{offering}/{session}")
    return speech.offering(offering)


def _occurrence(step: str, occurrence: int | None) -> str:
    return step if occurrence is None else f"{step}.{occurrence}"


def _because(reason: str) -> str:
    return f": “{reason}”" if reason else ""
