"""Who and what a story may name: people, guests, steps, offerings and their sessions, channels, sources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from milepost.core.program import Program, Step
from milepost_schemas.facts import Channel, PlannedSession
from milepost_schemas.program_lines import Unreadable, suggest

SHEET = "sheet"
"""The source of a channel that people report by a list."""

GUEST = re.compile(r'guest\s+"(?P<name>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Actor:
    """A learner of the story."""

    name: str
    mail: str
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """A source of the story; minutes."""

    name: str
    kind: str
    rhythm: int | None = None
    settling: int = 90
    lateness: int = 240


@dataclass(slots=True)
class Run:
    """An offering with its sessions as they are planned at the line that is being read."""

    name: str
    course: str
    sessions: tuple[PlannedSession, ...]
    sequence: int
    announced_at: int
    line: int


@dataclass(slots=True)
class Cast:
    """Everything that has a name in a story."""

    program: Program
    people: Mapping[str, Actor]
    senders: Mapping[str, Sender]
    runs: dict[str, Run] = field(default_factory=dict)
    guests: list[str] = field(default_factory=list)

    def person(self, text: str) -> str:
        """Return a learner's name."""
        return _known("person", text.strip(), self.people)

    def everybody(self, text: str) -> list[str]:
        """Return the learners of a list such as `Ana, Ben and Cid`."""
        names = [name for name in re.split(r"\s*,\s*|\s+and\s+", text.strip()) if name]
        return [self.person(name) for name in names]

    def who(self, text: str) -> str:
        """Return a learner's name, or a guest."""
        found = GUEST.fullmatch(text.strip())
        if found is None:
            return self.person(text)
        guest = f'guest "{found["name"]}"'
        if guest not in self.guests:
            self.guests.append(guest)
        return guest

    def step(self, text: str) -> tuple[Step, int | None]:
        """Return a step, and the number of its occurrence where one is named (`recall.2`)."""
        name, _, number = text.partition(".")
        steps = {step.id: step for step in self.program.steps}
        step = steps[_known("step", name, steps)]
        if not number:
            return step, None
        count = 0 if step.each is None else len(step.each.at)
        if not number.isdigit() or not 1 <= int(number) <= count:
            possible = f"from {name}.1 to {name}.{count}" if count else f"{name} has no occurrences: write {name}"
            raise Unreadable(f"no occurrence {text!r}", possible)
        return step, int(number)

    def sender(self, text: str) -> str:
        """Return a source's name."""
        return _known("source", text, self.senders)

    def run(self, text: str) -> Run:
        """Return an offering."""
        return self.runs[_known("offering", text, self.runs)]

    def session(self, text: str) -> tuple[Run, PlannedSession]:
        """Return a session by its own name."""
        found = {session.session: (run, session) for run in self.runs.values() for session in run.sessions}
        return found[_known("session", text, found)]

    def seat(self, text: str) -> tuple[Run, str | None]:
        """Return an offering, and the session where only one of several is meant."""
        if text in self.runs:
            return self.runs[text], None
        run, session = self.session(text)
        return run, session.session

    def channel(self, session: PlannedSession, text: str | None, *, sheet: bool) -> Channel:
        """Return the channel of a session that is named, or the only one of its sort."""
        fitting = [channel for channel in session.channels if (channel.meeting is None) is sheet]
        if text is not None:
            named = [channel for channel in fitting if text in (channel.name, channel.source)]
            if not named:
                names = [channel.name for channel in fitting]
                raise Unreadable(f"{session.session} has no such channel {text!r}", suggest(text, names))
            return named[0]
        if len(fitting) == 1:
            return fitting[0]
        sort = "channel that is reported by a sheet" if sheet else "meeting"
        if not fitting:
            raise Unreadable(f"{session.session} has no {sort}", f"it has: {_listed(session.channels)}")
        raise Unreadable(f"{session.session} has more than one {sort}", f"write `on` and one of {_listed(fitting)}")

    def names(self) -> frozenset[str]:
        """Return everything that may stand in the parentheses of a gap."""
        sessions = {session.session for run in self.runs.values() for session in run.sessions}
        steps = {step.id for step in self.program.steps}
        numbered = {
            f"{step.id}.{number}"
            for step in self.program.steps
            if step.each is not None
            for number in range(1, len(step.each.at) + 1)
        }
        return frozenset({*self.people, *self.guests, *self.runs, *sessions, *steps, *numbered, *self.senders})


def _known(what: str, text: str, known: Iterable[str]) -> str:
    if text in known:
        return text
    raise Unreadable(f"no {what} {text!r}", suggest(text, known))


def _listed(channels: Iterable[Channel]) -> str:
    return ", ".join(channel.name for channel in channels) or "none"
