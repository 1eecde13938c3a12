"""What a session makes the senders say: who came and went by video, and what the sheet of the room says."""

from collections.abc import Iterator
from random import Random

from milepost.demo.acts import Act
from milepost.demo.learner import guest_name, private_mail
from milepost.demo.places import Coming, Meeting
from milepost_schemas.instants import MINUTE, SECOND

ABSENT = ("absent", "excused_afterwards")


def acts_of_schedule(meeting: Meeting, announced_at: int) -> Iterator[Act]:
    """Yield the schedule of a session, and the changes that it goes through."""
    first = meeting.moved_from or meeting.start_at
    yield _schedule(meeting, announced_at, 1, first)
    if meeting.moved_at is not None:
        yield _schedule(meeting, meeting.moved_at, 2, meeting.start_at)
    if meeting.canceled_at is not None:
        yield _schedule(meeting, meeting.canceled_at, 3, meeting.start_at, canceled=True)


def acts_of_session(meeting: Meeting, rng: Random) -> Iterator[Act]:
    """Yield what Zoom and the training office say of a session that took place."""
    if meeting.canceled_at is not None or not meeting.coming:
        return
    yield from _with_retries(_zoom(meeting, rng), rng)
    yield _sheet(meeting, rng)


# --- the virtual room ------------------------------------------------------------------------------------------------


def _zoom(meeting: Meeting, rng: Random) -> Iterator[Act]:
    """Yield an opening of the room; its `joined` and `left`, some of which get lost or come twice."""
    opening = f"{rng.getrandbits(96):024x}"
    opened_at = meeting.start_at - rng.randint(3 * MINUTE, 9 * MINUTE)
    closed_at = meeting.end_at + rng.randint(2 * MINUTE, 7 * MINUTE)
    host = {"name": meeting.instructor, "host": True}
    yield _said(meeting, opened_at, "started", opening)
    yield from _stay(meeting, opening, host, opened_at + 2 * SECOND, closed_at - SECOND, rng)
    for coming in meeting.coming:
        if not coming.room and coming.how not in ABSENT:
            yield from _visit(meeting, opening, coming, closed_at, rng)
    yield _said(meeting, closed_at, "ended", opening)
    if rng.random() < 0.4:
        yield _said(meeting, closed_at + 70 * SECOND, "ended", opening, when=closed_at)


def _visit(meeting: Meeting, opening: str, coming: Coming, closed_at: int, rng: Random) -> Iterator[Act]:
    who: dict[str, object] = {"name": coming.name, "mail": coming.mail}
    if coming.how == "guest":
        who = {"name": guest_name(coming.name)}
    if coming.how == "private_mail":
        who = {"name": coming.name.split()[0], "mail": private_mail(coming.mail)}
    came_at = meeting.start_at + rng.randint(-4 * MINUTE, 5 * MINUTE)
    went_at = rng.randint(meeting.end_at - 2 * MINUTE, closed_at - 2 * SECOND)
    if coming.how == "partial":
        went_at = meeting.start_at + rng.randint(50 * MINUTE, 85 * MINUTE)
        yield from _stay(meeting, opening, who, came_at, went_at, rng)
        return
    if rng.random() < 0.25 and coming.how != "guest":
        dropped_at = meeting.start_at + rng.randint(30 * MINUTE, 90 * MINUTE)
        yield from _stay(meeting, opening, who, came_at, dropped_at, rng)
        came_at = dropped_at + rng.randint(20 * SECOND, 4 * MINUTE)
    yield from _stay(meeting, opening, who, came_at, went_at, rng, loses_left=rng.random() < 0.12)


def _stay(
    meeting: Meeting,
    opening: str,
    who: dict[str, object],
    came_at: int,
    went_at: int,
    rng: Random,
    *,
    loses_left: bool = False,
) -> Iterator[Act]:
    connection = {"connection": f"{rng.getrandbits(64):016X}", "user": str(rng.randint(16_000_000, 17_999_999))}
    yield _said(meeting, came_at, "joined", opening, who={**who, **connection})
    if not loses_left:
        yield _said(meeting, went_at, "left", opening, who={**who, **connection})


def _said(meeting: Meeting, at: int, do: str, opening: str, *, when: int | None = None, who: object = None) -> Act:
    said = {"meeting": meeting.number, "opening": opening, "topic": meeting.title, "when": when or at}
    return Act(at, "zoom", do, {**said, "start_at": meeting.start_at, "zone": meeting.site.zone, "who": who})


def _with_retries(acts: Iterator[Act], rng: Random) -> Iterator[Act]:
    """Yield webhooks as they arrive: now and then only the retry gets through, or the message comes twice."""
    for act in acts:
        luck = rng.random()
        if luck > 0.04:
            yield act
        if luck < 0.10:
            yield Act(act.at + 5 * MINUTE + rng.randint(0, 900), act.sender, act.do, act.said)


# --- the room in the building ----------------------------------------------------------------------------------------


def _sheet(meeting: Meeting, rng: Random) -> Act:
    """Return the sheet of the room, as it comes the next working day or later; only some name who was missing."""
    here = [coming for coming in meeting.coming if coming.room]
    missing = [coming for coming in here if coming.how in ABSENT]
    said = {
        "offering": meeting.offering,
        "present": [_named(coming) for coming in here if coming.how == "present"],
        "partial": [_named(coming) for coming in here if coming.how == "partial"],
        "absent": [_named(coming) for coming in missing] if rng.random() < 0.5 else [],
    }
    return Act(meeting.sheet_at, "office", "sheet", {**said, "when": meeting.sheet_at})


def _named(coming: Coming) -> dict[str, str]:
    return {"name": coming.name, "mail": coming.mail}


# --- the schedule ----------------------------------------------------------------------------------------------------


def _schedule(meeting: Meeting, at: int, sequence: int, start_at: int, *, canceled: bool = False) -> Act:
    said = {
        "offering": meeting.offering,
        "title": meeting.title,
        "sequence": sequence,
        "start_at": start_at,
        "end_at": start_at + meeting.end_at - meeting.start_at,
        "zone": meeting.site.zone,
        "meeting": meeting.number,
        "instructor": meeting.instructor,
        "canceled": canceled,
        "when": at,
    }
    return Act(at, "office", "schedule", said)
