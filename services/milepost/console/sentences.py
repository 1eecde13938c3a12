"""Sentences from rules and values: the rule gives the words, the page the names, titles, times and links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from markupsafe import Markup, escape

from milepost.console.moments import Moments, duration, place_of
from milepost.store.readings.titles import Programs, SessionTitle, readable
from milepost_schemas.projections import GapRow, Value

NOBODY = "Somebody"

_LINK = re.compile(r'<a class="([a-z]+)" href="([^"]*)">(.*?)</a>')
_PLACE = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a rule calls its gap, and how it says why and what closes it.

    With no session to name it says `why_no_session`; once the session has begun, `why_begun` and `closes_when_begun`;
    where it can be said how long somebody was there, and nobody measured it, `why_not_measured`.
    """

    title: str
    why: str
    closes_when: str
    why_no_session: str
    why_begun: str
    why_not_measured: str
    closes_when_begun: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Everything that values are turned into words with."""

    moments: Moments
    programs: Programs
    sessions: Mapping[str, SessionTitle]
    names: Mapping[str, str]
    activities: Mapping[tuple[str, str], str]
    """What sources call activities that are no step of a program, by source and id."""

    def learner(self, learner: str | None) -> Markup:
        """Return the linked name of a learner."""
        if learner is None:
            return Markup('<b class="who">{}</b>').format(NOBODY)
        return Markup('<a class="who" href="/learners/{}">{}</a>').format(learner, self.name(learner))

    def name(self, learner: str | None) -> str:
        """Return the name of a learner, in words where we know none."""
        return self.names.get(learner or "") or "Somebody without a name"

    def step(self, program: str | None, step: str) -> Markup:
        """Return the title of a step, set apart."""
        return Markup('<cite class="step">{}</cite>').format(self.programs.step_title(program, step))

    def activity(self, source: str, activity: str) -> Markup:
        """Return the title of the step that an activity serves, else what its source calls it, else its id."""
        known = self.programs.of_activity(source, activity)
        if known is not None:
            return self.step(known[0].id, known[1].id)
        name = self.activities.get((source, activity))
        if name is None:
            return Markup("<code>{}</code>").format(activity)
        return Markup('<cite title="{}">{}</cite>').format(activity, name)

    def session(self, place: str) -> Markup:
        """Return the linked title and time of a session."""
        offering, _, session = place.partition("/")
        return Markup('<a class="session" href="/sessions/{}/{}">{}</a>').format(
            offering, session, self.session_text(place)
        )

    def offering(self, offering: str) -> Markup:
        """Return the first session of an offering, or the offering's name where it was never scheduled."""
        mine = [each for place, each in self.sessions.items() if place.startswith(f"{offering}/")]
        if not mine:
            return escape(readable(offering))
        first = min(mine, key=lambda each: each.start_at)
        return self.session(f"{offering}/{first.session}")

    def session_text(self, place: str) -> str:
        """Return title and time of a session, e.g. `Practice, Mon 7 Sep 10:00`, in the session's own zone."""
        known = self.sessions.get(place)
        if known is None:
            return readable(place.replace("/", ", "))
        part = f" {known.part} of {known.parts}" if known.parts > 1 else ""
        return f"{known.title}{part}, {self.moments.dated(known.start_at, known.zone)}"

    def instant(self, instant: int, zone: str | None = None) -> Markup:
        """Return a moment in words."""
        return self.moments.html(instant, self.moments.text(instant, zone), zone)


def wording(gap: str) -> Wording:
    """Return the words of a rule; a rule that this version does not have is named as it is."""
    return _wording(gap)


def why(row: GapRow, speech: Speech) -> Markup:
    """Return the sentence that says why a gap is one."""
    words = wording(row.gap)
    if not (row.values.get("sessions") or row.values.get("session")):
        return _tidy(fill(words.why_no_session, row, speech))
    if words.why_not_measured and "minutes" not in row.values:
        return _tidy(fill(words.why_not_measured, row, speech))
    return _tidy(fill(words.why_begun if _has_begun(row, speech) else words.why, row, speech))


def closes_when(row: GapRow, speech: Speech) -> Markup:
    """Return the sentence that says what would close a gap."""
    words = wording(row.gap)
    return _tidy(fill(words.closes_when_begun if _has_begun(row, speech) else words.closes_when, row, speech))


def is_moment(key: str) -> bool:
    """Say whether a value of a gap is a moment, by what it is called."""
    return key.endswith("_at") or key == "since"


def fill(template: str, row: GapRow, speech: Speech) -> Markup:
    """Return a template with its places filled; a place without a value is left out."""
    said = Markup("")
    end = 0
    for match in _PLACE.finditer(template):
        said += template[end : match.start()]
        said += _say(match.group(1), row, speech)
        end = match.end()
    return said + template[end:]


def listed(parts: list[Markup]) -> Markup:
    """Return `a`, `a and b`, or `a, b and c`."""
    if len(parts) < 2:
        return Markup("").join(parts)
    return Markup("{} and {}").format(Markup(", ").join(parts[:-1]), parts[-1])


def unlinked(said: Markup) -> Markup:
    """Return a sentence without its links, for where a whole row is one thing to press."""
    return Markup(_LINK.sub(r'<span class="\1">\3</span>', str(said)))  # noqa: S704 - it was safe before


def links(said: Markup) -> list[Markup]:
    """Return the links of a sentence, each once."""
    found = dict.fromkeys(match.group(0) for match in _LINK.finditer(str(said)))
    return [Markup(link) for link in found]  # noqa: S704 - it was safe before


def plain(said: Markup) -> str:
    """Return a sentence without links and marks."""
    return " ".join(said.striptags().split())


def _say(key: str, row: GapRow, speech: Speech) -> Markup:
    if key == "learner":
        return speech.learner(row.learner)
    value = row.values.get(key, _own(key, row))
    if value is None or value in ("", ()):
        return Markup("")
    return listed([_one(key, each, row, speech) for each in (value if isinstance(value, tuple) else (value,))])


def _own(key: str, row: GapRow) -> Value | None:
    """Return what the row itself says where its values do not."""
    match key:
        case "step":
            return row.step
        case "session" if row.offering and row.session:
            return f"{row.offering}/{row.session}"
        case "source":
            return row.source
        case "since" | "since_at":
            return row.since
        case _:
            return None


def _one(key: str, value: int | str, row: GapRow, speech: Speech) -> Markup:
    stem = key.removesuffix("s")
    if isinstance(value, int):
        return _number(key, value, row, speech)
    if stem == "step" or stem.endswith("_step"):
        return speech.step(row.program, value)
    if stem == "session" or stem.endswith("_session"):
        return speech.session(value)
    if stem == "source" or stem.endswith("_source"):
        return Markup('<b class="source">{}</b>').format(value)
    if stem == "program":
        return Markup("<cite>{}</cite>").format(speech.programs.title(value))
    if stem == "learner":
        return speech.learner(value)
    if stem == "participant":
        return Markup('<b class="who">{}</b>').format(speech.name(value))
    if stem == "offering":
        return speech.offering(value)
    if stem == "channel":
        return Markup("the {} channel").format(value)
    if stem == "role":
        return Markup("the {}").format(value.replace("_", " ").replace("-", " "))
    if stem == "zone":
        return escape(place_of(value))
    return escape(value)


def _number(key: str, value: int, row: GapRow, speech: Speech) -> Markup:
    if is_moment(key):
        return speech.instant(value, _zone(row, speech) if key.startswith(("start", "session")) else None)
    if key.endswith("_ms"):
        return escape(duration(value))
    return Markup('<span class="number">{}</span>').format(value)


def _has_begun(row: GapRow, speech: Speech) -> bool:
    """Say whether the session that a gap is about has begun, for this reader's now."""
    start_at = row.values.get("start_at")
    return isinstance(start_at, int) and start_at <= speech.moments.now


def _zone(row: GapRow, speech: Speech) -> str | None:
    known = speech.sessions.get(f"{row.offering}/{row.session}")
    return known.zone if known else None


def _tidy(said: Markup) -> Markup:
    """Close the holes that missing values left."""
    text = re.sub(r" +([.,;:])", r"\1", re.sub(r" {2,}", " ", str(said)))
    return Markup(text.strip())  # noqa: S704 - every part was escaped when it was filled in


@cache
def _wording(gap: str) -> Wording:
    try:
        module = import_module(f"milepost.core.rules.{gap}")
    except ModuleNotFoundError:
        why = "{learner}: " + readable(gap).lower() + "."
        return Wording(readable(gap), why, "", why, why, "", "")
    return Wording(
        title=module.TITLE,
        why=module.WHY,
        closes_when=module.CLOSES_WHEN,
        why_no_session=str(getattr(module, "WHY_NO_SESSION", module.WHY)),
        why_begun=str(getattr(module, "WHY_BEGUN", module.WHY)),
        why_not_measured=str(getattr(module, "WHY_NOT_MEASURED", "")),
        closes_when_begun=str(getattr(module, "CLOSES_WHEN_BEGUN", module.CLOSES_WHEN)),
    )
