"""An offering as it stands: each session's channels and people, and each learner's seat, read from its roster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from milepost.core.calendar import Calendar
from milepost.core.catalog import Catalog
from milepost.core.clock import Clock
from milepost.core.gap import Ended
from milepost.core.presence import Attendance, Delivered, attendance, delivered, going_on
from milepost.core.program import Program
from milepost.core.register import Entry, Register
from milepost.core.roster import PERSON, OfferingRecord, Schedule, SeatEvidence, SeatSaid, merged
from milepost.core.session import ChannelStanding, ClosedHow, Participant, Session
from milepost_schemas.facts import Channel, PlannedSession
from milepost_schemas.messages import SeatStated, SessionPresence, SessionSeat, Stay
from milepost_schemas.projections import ChannelRow, ParticipantRow, SessionRow
from milepost_schemas.words import Mark, Standing

STAYED = 10
"""Minutes from which a participant who is nobody we know may be somebody whom we miss."""


@dataclass(frozen=True, slots=True)
class Person:
    """Everybody under one learner id in an offering."""

    learner: str
    standing: Standing
    identifiers: tuple[str, ...]
    seat: SeatEvidence | None


class Offering:
    """One offering, read at a clock; everything is computed when it is asked for, once."""

    def __init__(self, record: OfferingRecord, catalog: Catalog, clock: Clock) -> None:
        """Read a record against the programs and sources of its tenant."""
        self._record = record
        self._catalog = catalog
        self._clock = clock

    @cached_property
    def entry(self) -> Entry[Schedule] | None:
        """The schedule that counts, or None while nobody has sent one."""
        return self._record.schedule.last

    @cached_property
    def program(self) -> Program | None:
        """The program of whose live step this offering is a run."""
        if self.entry is None:
            return None
        steps = self._catalog.live_steps(self.entry.content.course)
        return steps[0][0] if steps else None

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Everybody who has a seat or was there, by learner."""
        groups: dict[str, list[str]] = {}
        for identifier in sorted(self._concerned):
            groups.setdefault(self._record.owners[identifier].learner, []).append(identifier)
        return tuple(self._person(learner, identifiers) for learner, identifiers in sorted(groups.items()))

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """Every session, as its rules read it."""
        return () if self.entry is None else tuple(self._session(plan) for plan in self.entry.content.sessions)

    def seats(self) -> tuple[SeatStated, ...]:
        """Return the seat of everybody who has one, and of everybody we know who came without."""
        if self.entry is None:
            return ()
        stated = (self._seat(person, self.entry.content) for person in self.people if person.standing == "known")
        return tuple(seat for seat in stated if seat is not None)

    def rows(self) -> tuple[SessionRow, ...]:
        """Return every session with its channels and everybody in it."""
        return tuple(self._row(session) for session in self.sessions)

    @cached_property
    def _concerned(self) -> frozenset[str]:
        """Every identifier with a seat or in a session as it is scheduled now; of any other nothing is left to say."""
        plans = () if self.entry is None else self.entry.content.sessions
        presences = (presence for plan in plans for _, presence in self._presences(plan))
        present = (attendee.owner.identifier for presence in presences for attendee in presence.attendees)
        return frozenset((*self._record.seats, *present))

    # --- people ------------------------------------------------------------------------------------------------------

    def _person(self, learner: str, identifiers: list[str]) -> Person:
        owners = [self._record.owners[identifier] for identifier in identifiers]
        seats = [self._record.seats[identifier] for identifier in identifiers if identifier in self._record.seats]
        standings = {owner.standing for owner in owners}
        standing: Standing = "known" if "known" in standings or seats else owners[0].standing
        return Person(learner, standing, tuple(identifiers), merged(seats) if seats else None)

    # --- sessions ----------------------------------------------------------------------------------------------------

    def _session(self, plan: PlannedSession) -> Session:
        roster = self._roster_closed(plan)
        channels = tuple(self._channel(plan, channel, roster) for channel in self._channels(plan))
        participants = tuple(self._participants(plan, channels))
        program = self.program
        return Session(
            offering=self._record.offering,
            plan=plan,
            known_at=self._plan_known_at(plan),
            scheduled_by=() if self.entry is None else (self.entry.fact_id,),
            channels=channels,
            participants=participants,
            expects_somebody=any(_expects(person.seat, plan) for person in self.people),
            roster_closed=roster,
            marked=self._marked(plan),
            settings={} if program is None else dict(program.gaps),
            calendar=Calendar("plain") if program is None else program.calendar,
            zone="UTC" if program is None else program.zone,
        )

    def _channels(self, plan: PlannedSession) -> tuple[Channel, ...]:
        if plan.channels or self.entry is None:
            return plan.channels
        steps = self._catalog.live_steps(self.entry.content.course)
        return tuple(Channel(name=c.name, source=c.source) for _, step in steps[:1] for c in step.channels)

    def _roster_closed(self, plan: PlannedSession) -> Ended | None:
        register = self._record.rosters.get(plan.session)
        if register is None or register.last is None or not register.last.content:
            return None
        if not _was_there_to_see(register.last, plan):
            return None
        return Ended(register.since(register.last), register.last.order[2])

    def _is_over(self, session: Session) -> bool:
        """Say whether a session is closed by a tick that covers its closing: so that whoever was there is read too."""
        if not session.closed:
            return False
        if session.roster_closed is not None:
            register = self._record.rosters[session.plan.session]
            return register.last is not None and self._clock.covers(register.known_since(register.last))
        found = (self._record.sheets.get(f"{session.plan.session}/{c.name}") for c in session.channels if c.is_sheet)
        return self._clock.covers(max((sheet.known_at for sheet in found if sheet is not None), default=0))

    def _channel(self, plan: PlannedSession, channel: Channel, roster: Ended | None) -> ChannelStanding:
        shown, how, closes_at = self._sheet(plan, channel) if channel.meeting is None else self._room(plan, channel)
        if roster is not None:
            how = how or "roster"
        return ChannelStanding(
            channel.name, channel.source, channel.meeting is None, shown, how is not None, how, closes_at
        )

    def _sheet(self, plan: PlannedSession, channel: Channel) -> tuple[Ended | None, ClosedHow | None, int | None]:
        sheet = self._record.sheets.get(f"{plan.session}/{channel.name}")
        if sheet is None or sheet.at < plan.start_at:
            return None, None, None
        return Ended(sheet.at, sheet.fact_id), "sheet", sheet.at

    def _room(self, plan: PlannedSession, channel: Channel) -> tuple[Ended | None, ClosedHow | None, int | None]:
        """A room shows itself by any sign; it closes by its end marker and settling, or by lateness past the end."""
        presence = self._presence(plan, channel)
        shown = None if presence is None else _first_sign(presence)
        source = self._catalog.source(channel.source)
        if presence is not None and presence.ended_at is not None:
            closes_at = presence.ended_at + source.settling
            closed = self._clock.reached(closes_at, (channel.source,), self._plan_known_at(plan))
            return shown, "end_marker" if closed else None, closes_at
        closes_at = plan.end_at + source.lateness
        if shown is None:
            return None, None, closes_at
        closed = self._clock.reached(closes_at, (channel.source,), self._plan_known_at(plan))
        return shown, "lateness" if closed else None, closes_at

    def _presence(self, plan: PlannedSession, channel: Channel) -> SessionPresence | None:
        return self._record.presence.get(f"{plan.session}/{channel.source}/{channel.meeting}")

    def _presences(self, plan: PlannedSession) -> tuple[tuple[Channel, SessionPresence], ...]:
        found = ((channel, self._presence(plan, channel)) for channel in self._channels(plan) if channel.meeting)
        return tuple((channel, presence) for channel, presence in found if presence is not None)

    def _plan_known_at(self, plan: PlannedSession) -> int:
        """When we had received that the session is at this time."""
        entries = [e for e in self._record.schedule.entries if _same_time(e.content, plan)]
        return min((entry.known_at for entry in entries), default=0)

    def _plan_recorded_at(self, plan: PlannedSession) -> int:
        entries = [e for e in self._record.schedule.entries if _same_time(e.content, plan)]
        return min((entry.first[0] for entry in entries), default=0)

    def _canceled(self, plan: PlannedSession) -> Ended | None:
        if not plan.canceled:
            return None
        entries = [
            (entry.first_at, entry.fact_id)
            for entry in self._record.schedule.entries
            for other in entry.content.sessions
            if other.session == plan.session and other.canceled
        ]
        return Ended(*min(entries))

    # --- presence ----------------------------------------------------------------------------------------------------

    def _delivered(self, plan: PlannedSession) -> Delivered:
        presences = [presence for _, presence in self._presences(plan)]
        return delivered(plan, presences, passed=self._clock.passed(plan.end_at))

    def _attendance(self, plan: PlannedSession, identifiers: Iterable[str]) -> Attendance | None:
        return self._seen(plan, identifiers)[0]

    def _seen(self, plan: PlannedSession, identifiers: Iterable[str]) -> tuple[Attendance | None, Sequence[Stay]]:
        """Return what came of somebody's stays, and those that go on."""
        stays = self._stays(plan, identifiers)
        if not stays:
            return None, ()
        within = self._delivered(plan)
        return attendance(stays, within), going_on(stays, within)

    def _stays(self, plan: PlannedSession, identifiers: Iterable[str]) -> Sequence[Stay]:
        wanted = set(identifiers)
        return [
            stay
            for _, presence in self._presences(plan)
            for attendee in presence.attendees
            if attendee.owner.identifier in wanted
            for stay in attendee.stays
        ]

    def _participants(self, plan: PlannedSession, channels: tuple[ChannelStanding, ...]) -> Iterable[Participant]:
        closed = {channel.name for channel in channels if channel.closed}
        for channel, presence in self._presences(plan):
            for attendee in presence.attendees:
                owner = self._record.owners[attendee.owner.identifier]
                was = self._attendance(plan, (owner.identifier,))
                if was is not None:
                    yield Participant(
                        identifier=owner.identifier,
                        standing="known" if owner.identifier in self._record.seats else owner.standing,
                        minutes=was.minutes,
                        stayed=was.minutes >= STAYED,
                        channel_closed=channel.name in closed,
                        decided=None if owner.decided_at is None else Ended(owner.decided_at, owner.decided_by),
                        shown_by=was.shown_by,
                    )

    def _mark(self, seat: SeatEvidence | None, plan: PlannedSession) -> tuple[Mark | None, int, str | None]:
        """Return the mark that counts, its rank and its fact: of the highest rank, the kindest of its channels."""
        marks = [] if seat is None else [register.last for register in seat.marks.get(plan.session, {}).values()]
        said = [entry for entry in marks if entry is not None and _was_there_to_see(entry, plan)]
        if not said:
            return None, 0, None
        rank = max(entry.order[0] for entry in said)
        of_rank = [entry for entry in said if entry.order[0] == rank]
        kindest = min(of_rank, key=lambda entry: (_KINDNESS[entry.content], entry.order))
        return kindest.content, rank, kindest.order[2]

    def _marked(self, plan: PlannedSession) -> Ended | None:
        """Return the first mark by which somebody was there."""
        said = [
            Ended(entry.order_at, entry.order[2])
            for person in self.people
            if person.seat is not None
            for register in person.seat.marks.get(plan.session, {}).values()
            if (entry := register.last) is not None and entry.content == "present" and _was_there_to_see(entry, plan)
        ]
        return min(said, key=lambda mark: (mark.at, mark.by or "")) if said else None

    # --- seats -------------------------------------------------------------------------------------------------------

    def _seat(self, person: Person, schedule: Schedule) -> SeatStated | None:
        sessions = tuple(self._session_seat(person, session) for session in self.sessions)
        seat = person.seat
        if seat is None and all(session.share is None for session in sessions):
            return None
        stated = SeatStated(
            tenant=self._record.tenant,
            learner=person.learner,
            offering=self._record.offering,
            course=schedule.course,
            version=0,
            title=schedule.title,
            sessions=sessions,
        )
        last = None if seat is None else seat.seat.last
        if seat is None or last is None:
            return stated
        held = [entry for entry in seat.seat.entries if entry.content.state != "canceled"]
        first = min(held, key=lambda entry: entry.first) if held else last
        return replace(
            stated,
            state=last.content.state,
            state_at=seat.seat.since(last),
            state_by=last.fact_id if seat.seat.since(last) == last.first_at else last.order[2],
            known_at=(_expected_by(seat) or last).known_at,
            canceled_by=last.content.canceled_by,
            requested_at=_state_at(seat, "requested"),
            waitlisted_at=_state_at(seat, "waitlisted"),
            booked_at=_state_at(seat, "booked"),
            held_by=first.fact_id,
            list_expires_at=last.content.list_expires_at,
        )

    def _session_seat(self, person: Person, session: Session) -> SessionSeat:
        plan, seat = session.plan, person.seat
        mark, rank, marked_by = self._mark(seat, plan)
        was = self._attendance(plan, person.identifiers)
        if mark == "absent" and rank >= PERSON:
            was = None
        canceled, excused = self._canceled(plan), _excused(seat, plan)
        expected_by = None if seat is None else _expected_by(seat)
        seat_known = 0 if expected_by is None else expected_by.known_at
        seat_recorded = 0 if expected_by is None else expected_by.first[0]
        nobody = any(p.standing == "provisional" and p.stayed for p in session.participants)
        shown = [*(was.shown_by if was is not None else ()), *((marked_by,) if marked_by is not None else ())]
        return SessionSeat(
            session=plan.session,
            part=plan.part,
            start_at=plan.start_at,
            end_at=plan.end_at,
            known_at=max(self._plan_known_at(plan), seat_known),
            recorded_at=max(self._plan_recorded_at(plan), seat_recorded),
            zone=plan.zone,
            canceled_at=None if canceled is None else canceled.at,
            canceled_by=None if canceled is None else canceled.by,
            took_place=session.took_place or mark is not None,
            closed=self._is_over(session) or (mark is not None and rank >= PERSON),
            unclear=nobody and session.roster_closed is None and mark is None,
            share=None if was is None else was.share,
            minutes=0 if was is None else was.minutes,
            estimated=was is not None and was.estimated,
            mark=mark,
            excused_at=None if excused is None else excused.at,
            excused_by=None if excused is None else excused.by,
            shown_by=tuple(shown or _closing_facts(session)),
        )

    # --- rows --------------------------------------------------------------------------------------------------------

    def _row(self, session: Session) -> SessionRow:
        plan = session.plan
        window = self._delivered(plan)
        presences = self._presences(plan)
        return SessionRow(
            session=plan.session,
            part=plan.part,
            start_at=plan.start_at,
            end_at=plan.end_at,
            zone=plan.zone,
            canceled=plan.canceled,
            started_at=window.start_at if any(p.started_at is not None for _, p in presences) else None,
            ended_at=window.end_at if any(p.ended_at is not None for _, p in presences) else None,
            closed=session.closed,
            instructors=plan.instructors,
            channels=tuple(
                ChannelRow(
                    channel=channel.name,
                    source=channel.source,
                    showed=channel.shown is not None,
                    closed=channel.closed,
                    closed_how=channel.how,
                    closes_at=channel.closes_at,
                )
                for channel in session.channels
            ),
            participants=tuple(
                row for person in self.people if (row := self._participant_row(person, plan)) is not None
            ),
        )

    def _participant_row(self, person: Person, plan: PlannedSession) -> ParticipantRow | None:
        was, now = self._seen(plan, person.identifiers)
        if person.seat is None and was is None and not now:
            return None
        joined = [*(stay.joined_at for stay in now), None if was is None else was.joined_at]
        shown_by = [*(() if was is None else was.shown_by), *(stay.joined_by for stay in now)]
        mark, _, marked_by = self._mark(person.seat, plan)
        last = None if person.seat is None else person.seat.seat.last
        channels = tuple(
            channel.name
            for channel, presence in self._presences(plan)
            if any(attendee.owner.identifier in person.identifiers for attendee in presence.attendees)
        )
        return ParticipantRow(
            identifiers=person.identifiers,
            learner=person.learner,
            standing=person.standing,
            state=None if last is None else last.content.state,
            excused=_excused(person.seat, plan) is not None,
            share=None if was is None else was.share,
            minutes=0 if was is None else was.minutes,
            joined_at=min((at for at in joined if at is not None), default=None),
            left_at=None if was is None or now else was.left_at,
            estimated=was is not None and was.estimated,
            mark=mark,
            marked_by=marked_by,
            channels=channels,
            shown_by=tuple(dict.fromkeys(fact for fact in shown_by if fact is not None)),
        )


_KINDNESS: dict[Mark, int] = {"present": 0, "partial": 1, "absent": 2}


def _was_there_to_see(said: Entry[Any], plan: PlannedSession) -> bool:
    """Say whether something was recorded after the session began: what was closed or marked before it moved is void."""
    return said.order[1] >= plan.start_at


def _same_time(schedule: Schedule, plan: PlannedSession) -> bool:
    return any(
        (other.session, other.start_at, other.end_at, other.canceled)
        == (plan.session, plan.start_at, plan.end_at, plan.canceled)
        for other in schedule.sessions
    )


def _first_sign(presence: SessionPresence) -> Ended | None:
    signs = [
        (at, fact)
        for attendee in presence.attendees
        for stay in attendee.stays
        for at, fact in ((stay.joined_at, stay.joined_by), (stay.left_at, stay.left_by))
        if at is not None
    ]
    if presence.started_at is not None:
        signs.append((presence.started_at, None))
    if presence.ended_at is not None:
        signs.append((presence.ended_at, presence.ended_by))
    return Ended(*min(signs, key=lambda sign: (sign[0], sign[1] or ""))) if signs else None


def _expects(seat: SeatEvidence | None, plan: PlannedSession) -> bool:
    if seat is None or seat.seat.last is None:
        return False
    booked_at = _state_at(seat, "booked")
    last = seat.seat.last
    held = last.content.state == "booked" or seat.seat.since(last) > plan.start_at
    return booked_at is not None and booked_at <= plan.start_at and held and _excused(seat, plan) is None


def _state_at(seat: SeatEvidence, state: str) -> int | None:
    """Return when a seat came into a state, for the last time; None if it never was."""
    moments = [seat.seat.since(entry) for entry in seat.seat.entries if entry.content.state == state]
    return max(moments, default=None)


def _expected_by(seat: SeatEvidence) -> Entry[SeatSaid] | None:
    """Return what was said that sets an expectation: that the seat is booked, even where it was given up later."""
    booked = [entry for entry in seat.seat.entries if entry.content.state == "booked"]
    return booked[-1] if booked else seat.seat.last


def _excused(seat: SeatEvidence | None, plan: PlannedSession) -> Ended | None:
    """Return the excuse that counts: what was said last, of this session or of all, excuses or takes it back."""
    registers = [] if seat is None else [seat.excuses.get(scope, Register()) for scope in (plan.session, "")]
    said = [(register, register.last) for register in registers if register.last is not None]
    if not said or not max((last for _, last in said), key=lambda last: last.order).content.excused:
        return None
    return next(Ended(register.since(last), last.order[2]) for register, last in said if last.content.excused)


def _closing_facts(session: Session) -> list[str]:
    """Return the facts that closed the session: what shows an absence."""
    if session.roster_closed is not None and session.roster_closed.by is not None:
        return [session.roster_closed.by]
    return [c.shown.by for c in session.channels if c.closed and c.shown is not None and c.shown.by is not None]
