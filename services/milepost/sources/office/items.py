"""The public form of facts that a training office, an HR system or a person tells: what POST /v1/facts takes.

One class for each type. A key that is not here is refused, since a misspelled one would be a silent loss.
"""

from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from milepost.sources.xapi import account_identifier, address_identifier
from milepost_schemas import instants, words
from milepost_schemas.words import Key, Mark, Name, SeatState


def _a_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a moment is text in RFC 3339 with its zone, e.g. 2026-09-07T10:00:00Z")
    return value


def _a_known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("a zone is a name of the IANA database, e.g. Europe/Berlin") from error
    return zone


def _as_text(value: object) -> object:
    """Meeting numbers come as numbers, as text, and as people write them: 812 3456 7890."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.replace(" ", "").isdigit():
        return value.replace(" ", "")
    return value


Instant = Annotated[instants.Instant, BeforeValidator(_a_text)]
Zone = Annotated[words.Zone, AfterValidator(_a_known_zone)]
Meeting = Annotated[Key, BeforeValidator(_as_text)]
Reason = Annotated[str, Field(max_length=2000)]
Label = Annotated[str, Field(max_length=500)]
PersonNumber = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Strict(BaseModel):
    """Refuses keys that it does not know, and numbers or booleans written as text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Account(Strict):
    """An account at a system, as xAPI has it."""

    home_page: Annotated[str, Field(min_length=1, max_length=500, examples=["https://lms.example.com"])]
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["4711"])]


class Identity(Strict):
    """One way of naming a person: exactly one of a mail address, an account, or a number of your own system."""

    mail: Annotated[str, Field(max_length=320, examples=["ana@example.com"])] | None = None
    account: Account | None = None
    id: PersonNumber | None = Field(
        default=None, description="Your own number of the person; it counts for your source alone."
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        given = [name for name in ("mail", "account", "id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of mail, account and id; further ones go into identities")
        if self.mail is not None and address_identifier(self.mail) is None:
            raise ValueError("mail must be the address of one person; a placeholder such as unknown@... is nobody's")
        if self.account is not None and account_identifier(self.account.home_page, self.account.name) is None:
            raise ValueError("account must be one person's; a placeholder such as unknown is nobody's")
        return self


class Person(Identity):
    """Who a fact is about, what they are called, and by what else they are known."""

    name: Annotated[str, Field(max_length=200, examples=["Ana Alvarez"])] | None = None
    identities: Annotated[tuple[Identity, ...], Field(max_length=20, strict=False)] = Field(
        default=(), description="Other identifiers of the same person, from now on."
    )


class Item(Strict):
    """What every fact may say of itself."""

    wire_name: ClassVar[str]

    id: PersonNumber | None = Field(
        default=None,
        description="Your own id of this fact: the same again is fine, with another meaning it is refused (409).",
    )
    occurred_at: Instant | None = Field(default=None, description="When it happened; default: when we receive it.")
    recorded_at: Instant | None = Field(default=None, description="When you wrote it down; default: occurred_at.")


class AboutPerson(Item):
    """A fact about one person."""

    person: Person


class LearnerEnrolled(AboutPerson):
    """A learner is on a program, from `occurred_at`."""

    wire_name = "milepost.learner.enrolled.v1"
    type: Literal["learner_enrolled", "milepost.learner.enrolled.v1"]
    program: Name
    cohort: Name | None = None
    zone: Zone | None = Field(default=None, description="The person's time zone, e.g. Europe/Berlin.")


class LearnerWithdrawn(AboutPerson):
    """A learner left a program."""

    wire_name = "milepost.learner.withdrawn.v1"
    type: Literal["learner_withdrawn", "milepost.learner.withdrawn.v1"]
    program: Name
    reason: Reason = ""


class PersonDescribed(AboutPerson):
    """A person's name, and by what else they are known; not a fact about learning."""

    wire_name = "person_described"
    type: Literal["person_described"]


class SeatChanged(AboutPerson):
    """A learner's place in an offering is now in this state."""

    wire_name = "milepost.seat.changed.v1"
    type: Literal["seat_changed", "milepost.seat.changed.v1"]
    offering: Name
    state: SeatState
    canceled_by: Literal["learner", "provider"] | None = None
    list_expires_at: Instant | None = None


class SeatExcused(AboutPerson):
    """A person excused a learner from an offering, or from one session of it."""

    wire_name = "milepost.seat.excused.v1"
    type: Literal["seat_excused", "milepost.seat.excused.v1"]
    offering: Name
    session: Name | None = None
    excused: bool = Field(default=True, description="false takes it back.")
    reason: Reason = ""


class AttendanceMarked(AboutPerson):
    """Somebody says whether a learner was in a session."""

    wire_name = "milepost.attendance.marked.v1"
    type: Literal["attendance_marked", "milepost.attendance.marked.v1"]
    offering: Name
    session: Name
    mark: Mark
    channel: Name | None = None
    by: Literal["system", "sheet"] = Field(default="system", description="Who says so: a sheet outranks a system.")
    reason: Reason = ""


class SheetSubmitted(Item):
    """The list of who was in one channel of a session, whole: it marks everybody on it and closes the channel."""

    wire_name = "milepost.sheet.submitted.v1"
    type: Literal["sheet_submitted", "milepost.sheet.submitted.v1"]
    offering: Name
    session: Name
    channel: Name
    present: Annotated[tuple[Person, ...], Field(max_length=2000, strict=False)] = ()
    partial: Annotated[tuple[Person, ...], Field(max_length=2000, strict=False)] = ()
    absent: Annotated[tuple[Person, ...], Field(max_length=2000, strict=False)] = ()


class RosterClosed(Item):
    """The roster of a session is complete in all channels: who is not present now was absent."""

    wire_name = "milepost.roster.closed.v1"
    type: Literal["roster_closed", "milepost.roster.closed.v1"]
    offering: Name
    session: Name
    closed: bool = Field(default=True, description="false opens it again.")


class Channel(Strict):
    """One way of being in a session, and the source that reports it; a sheet has no meeting."""

    name: Name
    source: Name
    meeting: Meeting | None = Field(
        default=None, description="What the source calls the meeting, e.g. Zoom's number of it."
    )


class PlannedSession(Strict):
    """One dated part of an offering."""

    session: Name
    start_at: Instant
    end_at: Instant
    part: Annotated[int, Field(ge=1, le=99)] = 1
    zone: Zone | None = None
    canceled: bool = False
    channels: Annotated[tuple[Channel, ...], Field(max_length=20, strict=False)] = ()
    instructors: Annotated[tuple[Label, ...], Field(max_length=50, strict=False)] = ()

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end_at <= self.start_at:
            raise ValueError("end_at must be after start_at")
        return self


class OfferingScheduled(Item):
    """The whole schedule of an offering, as you have it now; the highest sequence counts."""

    wire_name = "milepost.offering.scheduled.v1"
    type: Literal["offering_scheduled", "milepost.offering.scheduled.v1"]
    offering: Name
    course: Name
    sequence: Annotated[int, Field(ge=0, lt=2**53)] = 0
    title: Label = ""
    cohort: Name | None = None
    capacity: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    sessions: Annotated[tuple[PlannedSession, ...], Field(min_length=1, max_length=99, strict=False)]

    @model_validator(mode="after")
    def _names_each_session_once(self) -> Self:
        names = [session.session for session in self.sessions]
        if len(set(names)) < len(names):
            raise ValueError("every session needs a name of its own")
        return self


class StepWaived(AboutPerson):
    """A person decided that a learner need not do a step."""

    wire_name = "milepost.step.waived.v1"
    type: Literal["step_waived", "milepost.step.waived.v1"]
    program: Name
    step: Name
    waived: bool = Field(default=True, description="false takes it back.")
    reason: Reason = ""


class ObservationSignedOff(AboutPerson):
    """Somebody with this role has seen the learner do it on the job."""

    wire_name = "milepost.observation.signed_off.v1"
    type: Literal["observation_signed_off", "milepost.observation.signed_off.v1"]
    program: Name
    step: Name
    role: Name
    occurrence: Annotated[int, Field(ge=1)] | None = None


class ImportBegan(Item):
    """You deliver your past from now on; nothing is concluded from your silence until you have finished."""

    wire_name = "milepost.import.began.v1"
    type: Literal["import_began", "milepost.import.began.v1"]


class ImportFinished(Item):
    """You have delivered your past."""

    wire_name = "milepost.import.finished.v1"
    type: Literal["import_finished", "milepost.import.finished.v1"]


AnyItem = (
    LearnerEnrolled
    | LearnerWithdrawn
    | PersonDescribed
    | SeatChanged
    | SeatExcused
    | AttendanceMarked
    | SheetSubmitted
    | RosterClosed
    | OfferingScheduled
    | StepWaived
    | ObservationSignedOff
    | ImportBegan
    | ImportFinished
)

ITEMS: dict[str, Any] = {
    "learner_enrolled": LearnerEnrolled,
    "learner_withdrawn": LearnerWithdrawn,
    "person_described": PersonDescribed,
    "seat_changed": SeatChanged,
    "seat_excused": SeatExcused,
    "attendance_marked": AttendanceMarked,
    "sheet_submitted": SheetSubmitted,
    "roster_closed": RosterClosed,
    "offering_scheduled": OfferingScheduled,
    "step_waived": StepWaived,
    "observation_signed_off": ObservationSignedOff,
    "import_began": ImportBegan,
    "import_finished": ImportFinished,
}
"""Each type by its public name; the name on the wire is understood as well."""
