"""From an item that was posted to the facts that it says and the people that they are about."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, assert_never

from milepost.sources.office import items
from milepost.sources.office.items import AnyItem
from milepost.sources.translation import Person, Receipt, Said, Translation, fact_id, stamps
from milepost.sources.xapi import account_identifier, address_identifier
from milepost_schemas import facts
from milepost_schemas.words import Mark

RANKS = {"system": 10, "sheet": 20}


@dataclass(frozen=True, slots=True)
class Posted:
    """What one item says, and what names it.

    `fingerprint` is equal for items that say the same. `described` are the people that the item names, each with the
    other identifiers that it gives them.
    """

    id: str | None
    fact_id: str
    fingerprint: str
    translation: Translation
    described: tuple[tuple[Person, tuple[Person, ...]], ...] = ()


def translate(item: AnyItem, receipt: Receipt) -> Posted:
    """Return the facts of a sound item; its moments are capped at the receipt."""
    fingerprint = _fingerprint(item)
    named = (
        ("id", item.id)
        if item.id is not None
        else ("content", fingerprint, "" if item.occurred_at else receipt.received_at)
    )
    first = fact_id(receipt, "posted", *named)
    occurred_at = receipt.received_at if item.occurred_at is None else min(item.occurred_at, receipt.received_at)
    told = {**stamps(receipt, occurred_at, item.recorded_at), "fact_id": first}
    mentioned = tuple(_mentioned(item))
    return Posted(
        id=item.id,
        fact_id=first,
        fingerprint=fingerprint,
        translation=_facts(item, told, receipt),
        described=tuple((person_of(each, receipt), _others(each, receipt)) for each in mentioned),
    )


def person_of(identity: items.Identity, receipt: Receipt) -> Person:
    """Return who is meant; a number counts for the source that gives it."""
    name = getattr(identity, "name", None) or ""
    if identity.mail is not None:
        return Person(address_identifier(identity.mail) or "", name=name, mail=identity.mail)
    if identity.account is not None:
        return Person(account_identifier(identity.account.home_page, identity.account.name) or "", name=name)
    return Person(f"number:{receipt.source}|{identity.id}", name=name)


def _others(person: items.Person, receipt: Receipt) -> tuple[Person, ...]:
    return tuple(person_of(identity, receipt) for identity in person.identities)


def _mentioned(item: AnyItem) -> Iterable[items.Person]:
    if isinstance(item, items.AboutPerson):
        yield item.person
    if isinstance(item, items.SheetSubmitted):
        yield from (*item.present, *item.partial, *item.absent)


def _facts(item: AnyItem, told: dict[str, Any], receipt: Receipt) -> Translation:
    match item:
        case items.PersonDescribed():
            return Translation()
        case items.SheetSubmitted():
            return Translation(
                said=tuple(_marks(item, told, receipt)),
                facts=(facts.SheetSubmitted(**told, **_place(item), channel=item.channel),),
            )
        case items.RosterClosed():
            return Translation(facts=(facts.RosterClosed(**told, **_place(item), closed=item.closed),))
        case items.OfferingScheduled():
            return Translation(facts=(_schedule(item, told),))
        case items.ImportBegan():
            return Translation(facts=(facts.ImportBegan(**told),))
        case items.ImportFinished():
            return Translation(facts=(facts.ImportFinished(**told),))
        case _:
            return Translation(said=(Said(person_of(item.person, receipt), _about_person(item, told)),))


def _about_person(
    item: items.LearnerEnrolled
    | items.LearnerWithdrawn
    | items.SeatChanged
    | items.SeatExcused
    | items.AttendanceMarked
    | items.StepWaived
    | items.ObservationSignedOff,
    told: dict[str, Any],
) -> Any:
    match item:
        case items.LearnerEnrolled():
            return facts.LearnerEnrolled(**told, program=item.program, cohort=item.cohort, zone=item.zone)
        case items.LearnerWithdrawn():
            return facts.LearnerWithdrawn(**told, program=item.program, reason=item.reason)
        case items.SeatChanged():
            return facts.SeatChanged(
                **told,
                offering=item.offering,
                state=item.state,
                canceled_by=item.canceled_by,
                list_expires_at=item.list_expires_at,
            )
        case items.SeatExcused():
            return facts.SeatExcused(
                **told, offering=item.offering, session=item.session, excused=item.excused, reason=item.reason
            )
        case items.AttendanceMarked():
            return facts.AttendanceMarked(
                **told, **_place(item), mark=item.mark, channel=item.channel, rank=RANKS[item.by], reason=item.reason
            )
        case items.StepWaived():
            return facts.StepWaived(
                **told, program=item.program, step=item.step, waived=item.waived, reason=item.reason
            )
        case items.ObservationSignedOff():
            return facts.ObservationSignedOff(
                **told, program=item.program, step=item.step, role=item.role, occurrence=item.occurrence
            )
        case _:
            assert_never(item)


def _marks(item: items.SheetSubmitted, told: dict[str, Any], receipt: Receipt) -> Iterable[Said]:
    lists: tuple[tuple[Mark, tuple[items.Person, ...]], ...] = (
        ("present", item.present),
        ("partial", item.partial),
        ("absent", item.absent),
    )
    for mark, people in lists:
        for each in people:
            person = person_of(each, receipt)
            named = {**told, "fact_id": fact_id(receipt, told["fact_id"], person.identifier)}
            yield Said(
                person,
                facts.AttendanceMarked(**named, **_place(item), mark=mark, channel=item.channel, rank=RANKS["sheet"]),
            )


def _schedule(item: items.OfferingScheduled, told: dict[str, Any]) -> facts.OfferingScheduled:
    return facts.OfferingScheduled(
        **told,
        offering=item.offering,
        course=item.course,
        sequence=item.sequence,
        title=item.title,
        cohort=item.cohort,
        capacity=item.capacity,
        sessions=tuple(_session(session) for session in item.sessions),
    )


def _session(session: items.PlannedSession) -> facts.PlannedSession:
    return facts.PlannedSession(
        session=session.session,
        start_at=session.start_at,
        end_at=session.end_at,
        part=session.part,
        zone=session.zone,
        canceled=session.canceled,
        channels=tuple(
            facts.Channel(name=channel.name, source=channel.source, meeting=channel.meeting)
            for channel in session.channels
        ),
        instructors=session.instructors,
    )


def _place(item: items.SheetSubmitted | items.RosterClosed | items.AttendanceMarked) -> dict[str, Any]:
    return {"offering": item.offering, "session": item.session}


def _fingerprint(item: AnyItem) -> str:
    meaning = {**item.model_dump(mode="json", exclude={"id"}), "type": item.wire_name}
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()
