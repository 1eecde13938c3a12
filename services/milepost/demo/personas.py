"""Personas: how people go through a blended program, as data; every learner is dealt one.

A persona says what somebody does; when exactly, is drawn for every learner. What follows the live part (cards, job
aid, sign-offs) depends on `care`, which is drawn as well, between the two values given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Literal

Prework = Literal[
    "in_time",
    "last_minute",
    "overdue",
    "after_session",
    "slow_start",
    "long_ago",
    "offline",
    "retries",
    "voided",
    "never",
]
Seat = Literal["booked", "late", "waitlisted", "passed_over", "excused", "gives_up", "session_canceled"]
Showing = Literal["present", "guest", "private_mail", "partial", "absent", "forgotten", "excused_afterwards"]


@dataclass(frozen=True, slots=True)
class Persona:
    """One way of going through the program.

    `showings` are what happens at the first session, at the next one that is booked after a miss, and so on; after the
    last one nothing more is booked. `withdraws` says that the office takes them off the program in the end.
    """

    name: str
    about: str
    cards: int = 1
    prework: Prework = "in_time"
    seat: Seat = "booked"
    showings: tuple[Showing, ...] = ("present",)
    slow_to_rebook: bool = False
    withdraws: bool = False
    care: tuple[float, float] = (0.1, 0.75)


PERSONAS = (
    Persona("diligent", "does everything in time", cards=3, care=(0.75, 1.0)),
    Persona("forgetful", "comes prepared, then forgets what follows", cards=3, care=(0.0, 0.2)),
    Persona("last minute", "does the pre-work in the last three days", cards=3, prework="last_minute"),
    Persona("overdue", "does the pre-work after its due, just before the session", cards=2, prework="overdue"),
    Persona("works afterwards", "comes unprepared, and does the pre-work later", cards=2, prework="after_session"),
    Persona("slow starter", "does nothing for more than a week", cards=3, prework="slow_start"),
    Persona("offline tablet", "learns on a tablet that reports days later", prework="offline"),
    Persona("retries", "fails the quiz before passing it", cards=2, prework="retries"),
    Persona("regraded", "has a pass withdrawn, and passes again", prework="voided"),
    Persona("guest", "comes by video as a guest without an address", showings=("guest",)),
    Persona("private mail", "comes by video under a private address", showings=("private_mail",)),
    Persona("leaves early", "leaves halfway, and makes it up", cards=2, showings=("partial", "present")),
    Persona("no-show", "misses the session, books another and comes", cards=3, showings=("absent", "present")),
    Persona(
        "repeat no-show", "misses two sessions in a row, and then comes", 2, showings=("absent", "absent", "present")
    ),
    Persona("lost", "misses the session and is not seen again", showings=("absent",)),
    Persona(
        "unprepared no-show",
        "neither prepared nor there, then catches up",
        prework="after_session",
        showings=("absent", "present"),
        slow_to_rebook=True,
    ),
    Persona("excused", "calls in sick, and rebooks", seat="excused", cards=2),
    Persona("long excused", "calls in sick, and takes long to rebook", seat="excused", slow_to_rebook=True),
    Persona("excused afterwards", "was ill, and the note comes days later", showings=("excused_afterwards", "present")),
    Persona("left out of the sheet", "was in the room, and the sheet forgot them", showings=("forgotten",)),
    Persona("waitlisted", "waits for a place for days, and gets it", seat="waitlisted", cards=2),
    Persona("passed over", "waits for a place in vain, and books another", seat="passed_over"),
    Persona("canceled on", "loses the session, and rebooks at once", seat="session_canceled"),
    Persona(
        "canceled on, slow", "loses the session, and is not rebooked for days", 2, seat="session_canceled",
        slow_to_rebook=True,
    ),
    Persona("late booker", "is ready, and books days later", seat="late", cards=3),
    Persona("gives up late", "gives the seat up the evening before, and books another", seat="gives_up", cards=2),
    Persona("carried over", "began last winter, and runs out of time", prework="long_ago", cards=2),
    Persona("never begins", "never begins, and is withdrawn in the end", prework="never", showings=("absent",),
            withdraws=True),
)  # fmt: skip


def deal(seed: str) -> Iterator[Persona]:
    """Yield personas without end, the same for the same seed, each as often as it has cards in the deck."""
    for number in count():
        deck = [persona for persona in PERSONAS for _ in range(persona.cards)]
        Random(f"{seed}/deck/{number}").shuffle(deck)
        yield from deck
