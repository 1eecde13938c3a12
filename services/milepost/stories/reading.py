"""Reading a story file: everything that is wrong with it at once, or the story that it tells."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from milepost.core.calendar import is_zone, start_of_day
from milepost.core.compile import compile_program
from milepost.core.rules import JOURNEY_RULES, RULES
from milepost.programs import Definition, ProgramRefused, list_programs, shipped_program
from milepost.programs.document import Document, read_document
from milepost.programs.loader import parse_document
from milepost.programs.problem import Problem
from milepost.stories.cast import SHEET, Actor, Cast, Run, Sender
from milepost.stories.checks import Check, CheckReader, Never, rules_named
from milepost.stories.happenings import OFFICE, AnyHappening, Scheduled
from milepost.stories.moments import MOMENT, MOMENT_FORM, Almanac
from milepost.stories.offerings import OfferingReader, minutes
from milepost.stories.sentences import Timeline
from milepost.stories.story import Span, Story
from milepost_schemas.program_lines import Unreadable, suggest

KEYS = ("title", "program", "gaps", "zone", "begins", "rules", "people", "sources", "offerings", "story")
KINDS = ("moodle", "zoom", "xapi", "office")
NEEDED = ("title", "program", "begins", "people", "story")

AT = re.compile(rf"at\s+(?P<moment>{MOMENT})\s*:\s*(?P<rest>.*)", re.DOTALL)
LINE = re.compile(rf"(?P<moment>{MOMENT})\s+(?P<rest>.*)", re.DOTALL)
SPAN = re.compile(
    rf"(?P<who>tracker stands still|(?P<source>\S+) is silent)\s+from\s+(?P<begins>{MOMENT})\s+to\s+(?P<ends>{MOMENT})"
)
COMMENT = re.compile(r"(^|\s)#.*$")
Value = TypeVar("Value")


class StoryRefused(ValueError):
    """A story file was refused; every problem names its line and what is possible there."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def read_story(path: Path) -> Story:
    """Return the story of a file; raise StoryRefused with all that is wrong with it, or OSError."""
    return StoryReader(path.read_text(encoding="utf-8"), str(path), path.parent).read()


class StoryReader:
    """Reads one file; problems are gathered, so that one does not hide the next."""

    def __init__(self, text: str, name: str, folder: Path) -> None:
        """Read a text; a program's file is looked for in `folder`."""
        self._document = read_document(text)
        self._name = name
        self._folder = folder
        self._problems: list[Problem] = []

    def read(self) -> Story:
        """Return the story, or raise StoryRefused."""
        value = self._head()
        definition = self.attempt(self._line("program"), lambda: self._program(value), None)
        begins = self.attempt(self._line("begins"), lambda: _date(value["begins"]), date(2026, 9, 1))
        if definition is None:
            raise StoryRefused(tuple(self._problems))
        zone = self.attempt(self._line("zone"), lambda: _zone(value, definition), "UTC")
        rules = self.attempt(self._line("rules"), lambda: _rules(value.get("rules", ["learner"])), frozenset(RULES))
        begins_at = start_of_day(begins, zone)
        cast = Cast(compile_program(definition, begins_at), self._people(value), self._sources(value, definition))
        told = list(self._offerings(value, cast, begins, zone))
        story = _Lines(self, cast, Almanac(begins, zone), rules)
        story.read(str(value["story"]), self._line("story"))
        if not story.checks and not self._problems:
            self._refuse(self._line("story"), "the story checks nothing", "write e.g. `at Mon 12:00: {}`")
        if self._problems:
            raise StoryRefused(tuple(sorted(self._problems, key=lambda problem: problem.line)))
        return Story(
            file=self._name,
            title=str(value["title"]),
            zone=zone,
            begins_at=begins_at,
            definition=definition,
            cast=cast,
            rules=rules,
            happenings=(*told, *story.happenings),
            checks=tuple(story.checks),
            never=tuple(story.never),
            spans=tuple(story.spans),
        )

    # --- the head ----------------------------------------------------------------------------------------------------

    def _head(self) -> Mapping[str, Any]:
        value = self._document.value
        for finding in self._document.findings:
            self._refuse(finding.line or self._document.line(finding.path), finding.found, finding.possible)
        if not isinstance(value, dict):
            if not self._problems:
                self._refuse(1, "no story here", f"a story has {', '.join(NEEDED)}")
            raise StoryRefused(tuple(self._problems))
        for key in value:
            if key not in KEYS:
                self._refuse(self._line(key), f"unknown key {key!r}", suggest(key, KEYS))
        for key in NEEDED:
            if value.get(key) in (None, ""):
                self._refuse(1, f"`{key}` is missing", f"a story has {', '.join(NEEDED)}")
        if self._problems:
            raise StoryRefused(tuple(self._problems))
        return value

    def _program(self, value: Mapping[str, Any]) -> Definition:
        said = value["program"]
        document, name = self._inline() if isinstance(said, dict) else self._filed(str(said))
        gaps = value.get("gaps")
        if isinstance(gaps, dict) and isinstance(document.value, dict):
            merged = {**document.value.get("gaps", {}), **gaps}
            document = Document({**document.value, "gaps": merged}, dict(document.lines), document.findings)
        try:
            return parse_document(document, name)
        except ProgramRefused as refused:
            self._problems += refused.problems
            raise Unreadable("the program is refused", "mend it first") from refused

    def _inline(self) -> tuple[Document, str]:
        lines = {path[1:]: line for path, line in self._document.lines.items() if path[:1] == ("program",)}
        return Document(self._document.value["program"], lines), self._name

    def _filed(self, said: str) -> tuple[Document, str]:
        path = self._folder / said
        if said in list_programs():
            path = shipped_program(said)
        elif not path.is_file():
            raise Unreadable(f"no program {said!r}", f"name a file, or {suggest(said, list_programs())}")
        return read_document(path.read_text(encoding="utf-8")), str(path)

    def _people(self, value: Mapping[str, Any]) -> dict[str, Actor]:
        said = value["people"]
        names = said if isinstance(said, dict) else dict.fromkeys(_listed(said))
        return {
            name: actor
            for name, about in names.items()
            if (actor := self.attempt(self._line("people", name), partial(_actor, name, about), None)) is not None
        }

    def _sources(self, value: Mapping[str, Any], definition: Definition) -> dict[str, Sender]:
        said = value.get("sources") or {}
        if not isinstance(said, dict):
            self._refuse(self._line("sources"), "not a list of names with a line each", "lms: moodle, rhythm 4 h")
            said = {}
        lines = {name: _kind(name) for name in _named_sources(definition)} | {OFFICE: "office"} | said
        return {
            name: self.attempt(self._line("sources", name), partial(_sender, name, str(text)), Sender(name, "xapi"))
            for name, text in lines.items()
        }

    def _offerings(self, value: Mapping[str, Any], cast: Cast, begins: date, zone: str) -> Iterator[AnyHappening]:
        reader = OfferingReader(cast, begins, zone)
        for line, text in _numbered(str(value.get("offerings") or ""), self._line("offerings")):
            run = self.attempt(line, partial(reader.read, line, text), None)
            if run is not None:
                yield _announced(run)

    # --- problems ----------------------------------------------------------------------------------------------------

    def attempt(self, line: int, read: Callable[[], Value], otherwise: Value) -> Value:
        """Return what is read; what is wrong is noted for this line, and then it is `otherwise`."""
        try:
            return read()
        except Unreadable as unreadable:
            if not (unreadable.found == "the program is refused" and self._problems):
                self._refuse(line, unreadable.found, unreadable.possible)
            return otherwise

    def _refuse(self, line: int, found: str, possible: str) -> None:
        self._problems.append(Problem(self._name, line, "", found, possible))

    def _line(self, *path: str) -> int:
        return self._document.line(path)


class _Lines:
    """The lines of a story, one after the other."""

    def __init__(self, reader: StoryReader, cast: Cast, almanac: Almanac, rules: frozenset[str]) -> None:
        self.happenings: list[AnyHappening] = []
        self.checks: list[Check] = []
        self.never: list[Never] = []
        self.spans: list[Span] = []
        self._attempt = reader.attempt
        self._cast = cast
        self._almanac = almanac
        self._timeline = Timeline(cast, almanac)
        self._checker = CheckReader(cast, almanac, rules)
        self._checked_above = False

    def read(self, text: str, first: int) -> None:
        """Take in the block of a story that begins behind this line."""
        for line, said in _joined(_numbered(text, first)):
            self._attempt(line, partial(self._take, line, said), None)

    def _take(self, line: int, said: str) -> None:
        if said[0].isspace():
            return self._more(line, said.strip())
        self._checked_above = False
        if (check := AT.fullmatch(said)) is not None:
            return self._check(line, check["moment"], check["rest"])
        if said.startswith("never told:"):
            gaps = self._checker.gaps("{" + said.partition(":")[2].strip().strip("{}") + "}")
            return self.never.extend(Never(line, gap) for gap in gaps)
        if (span := SPAN.fullmatch(said)) is not None:
            return self._span(span)
        found = LINE.fullmatch(said)
        if found is None:
            raise Unreadable(f"{said!r} begins with no moment", f"write {MOMENT_FORM}, `at MOMENT:`, `never told:`")
        return self._happen(line, found["moment"], found["rest"])

    def _happen(self, line: int, moment: str, rest: str) -> None:
        at = self._almanac.read(moment)
        made = self._timeline.read(line, at, rest)
        arrives_at = min(one.arrives_at for one in made)
        if self.checks and arrives_at <= self.checks[-1].at:
            where = f"the check in line {self.checks[-1].line} ({self._almanac.write(self.checks[-1].at)})"
            raise Unreadable(f"{moment} is not after {where}", "move it up, or say when it (arrives ...)")
        self.happenings += made

    def _check(self, line: int, moment: str, rest: str) -> None:
        at = self._almanac.read(moment)
        if self.checks and at <= self.checks[-1].at:
            above = self._almanac.write(self.checks[-1].at)
            raise Unreadable(f"{moment} is not after the check above it, {above}", "write checks in the order of time")
        self.checks.append(Check(line, at, ()))
        self._checked_above = True
        self.checks[-1] = replace(self.checks[-1], gaps=self._checker.gaps(rest))

    def _more(self, line: int, said: str) -> None:
        if not self._checked_above:
            raise Unreadable(f"{said!r} is indented, and no check is above it", "begin at the margin")
        who, colon, rest = said.partition(":")
        if not colon:
            raise Unreadable(f"{said!r} says nothing", "write `told: ...` or e.g. `Ana: e done, S booked`")
        check = self.checks[-1]
        if who.strip() == "told":
            self.checks[-1] = replace(check, told=self._checker.told(rest), told_line=line)
            return
        person = self._checker.person(line, self._cast.person(who), rest)
        self.checks[-1] = replace(check, people=(*check.people, person))

    def _span(self, found: re.Match[str]) -> None:
        source = None if found["source"] is None else self._cast.sender(found["source"])
        begins_at = self._almanac.read(found["begins"])
        ends_at = self._almanac.later(found["ends"])
        if ends_at <= begins_at:
            raise Unreadable("it ends before it begins", "give `to` a later moment")
        self.spans.append(Span(source, begins_at, ends_at))


def _numbered(text: str, first: int) -> Iterator[tuple[int, str]]:
    for offset, raw in enumerate(text.splitlines(), start=1):
        said = COMMENT.sub("", raw).rstrip()
        if said:
            yield first + offset, said


def _joined(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Join what goes over several lines: an open brace or a comma at the end goes on in the next."""
    begun: tuple[int, str] | None = None
    for line, said in lines:
        whole = (line, said) if begun is None else (begun[0], f"{begun[1]} {said.strip()}")
        if whole[1].count("{") > whole[1].count("}") or whole[1].endswith(","):
            begun = whole
            continue
        begun = None
        yield whole
    if begun is not None:
        yield begun


def _announced(run: Run) -> Scheduled:
    return Scheduled(
        line=run.line,
        name=f"line {run.line:04}",
        source=OFFICE,
        at=run.announced_at,
        recorded_at=run.announced_at,
        arrives_at=run.announced_at,
        offering=run.name,
        course=run.course,
        sequence=run.sequence,
        sessions=run.sessions,
    )


def _date(said: object) -> date:
    try:
        return date.fromisoformat(str(said))
    except ValueError as error:
        raise Unreadable(f"{said!r} is no date", "write the first day of the story, e.g. 2026-09-04") from error


def _zone(value: Mapping[str, Any], definition: Definition) -> str:
    zone = str(value.get("zone") or definition.get("zone") or "UTC")
    if not is_zone(zone):
        raise Unreadable(f"unknown zone {zone!r}", "a time zone, e.g. Europe/Berlin")
    return zone


def _rules(said: object) -> frozenset[str]:
    return rules_named(_listed(said), RULES, JOURNEY_RULES)


def _listed(said: object) -> list[str]:
    if isinstance(said, list):
        return [str(one) for one in said]
    return [one.strip() for one in str(said).split(",") if one.strip()]


def _actor(name: str, about: object) -> Actor:
    mail = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") + "@example.com"
    zone = None
    for part in _listed(about or ""):
        if "@" in part:
            mail = part
        elif is_zone(part):
            zone = part
        else:
            raise Unreadable(f"{part!r} says nothing of {name}", "a mail address, a time zone, or both")
    return Actor(name, mail, zone)


def _named_sources(definition: Definition) -> Iterator[str]:
    for step in definition["steps"]:
        if "evidence" in step:
            yield str(step["evidence"]["source"])
        yield from (source for source in step.get("channels", {}).values() if source != SHEET)


def _kind(source: str) -> str:
    return {"zoom": "zoom", "moodle": "moodle", "lms": "moodle"}.get(source, "xapi")


def _sender(name: str, text: str) -> Sender:
    kind, *rest = _listed(text)
    if kind not in KINDS:
        raise Unreadable(f"{kind!r} is no kind of source", suggest(kind, KINDS))
    said: dict[str, int] = {}
    for part in rest:
        word, _, span = part.partition(" ")
        if word not in ("rhythm", "settling", "lateness"):
            raise Unreadable(f"{part!r} says nothing of {name}", suggest(word, ("rhythm", "settling", "lateness")))
        said[word] = minutes(span)
    return Sender(name, kind, **said)
