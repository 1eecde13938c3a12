"""Lists as people keep them in spreadsheets: the rows of a CSV file, read as the items that are posted as JSON.

A list has items of one type, and the first line names its columns: as the keys in JSON are called, with a point for
what lies inside another (`person.mail`), or as people call them (`E-mail`). A row is an item, but for two types: rows
of one offering are the sessions of its schedule, and rows of one session and channel are the people of its sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, zip_longest
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from milepost.core.calendar import is_zone
from milepost.sources.office.csv_cells import value_of
from milepost.sources.office.csv_rows import NotATable, Row, read_rows
from milepost.sources.office.items import ITEMS, AboutPerson, AnyItem, PlannedSession
from milepost.sources.office.problems import FactsRefused, Problem, unknown
from milepost.sources.office.reading import MOST, MOST_PROBLEMS, read_items
from milepost.sources.xapi.refusal import shown

SCHEDULE, SHEET = "offering_scheduled", "sheet_submitted"

LISTED = tuple(name for name in ITEMS if not name.startswith("import_"))
"""The types of which there are lists."""

PERSON = ("person.mail", "person.name", "person.id", "person.account.home_page", "person.account.name")

COMMON = ("id", "occurred_at", "recorded_at", "zone")
"""Columns that every list may have."""

CALLED = {
    "mail": "person.mail",
    "e_mail": "person.mail",
    "email": "person.mail",
    "name": "person.name",
    "number": "person.id",
    "start": "start_at",
    "end": "end_at",
}
"""Columns that people call otherwise than JSON does; capitals, blanks and hyphens make no difference in any."""

CHANNEL = "channel."
"""A column of a schedule whose name begins so says who reports a channel, and what that calls the meeting."""

MARKS = ("present", "partial", "absent")

MOST_ROWS = 20_000
"""How many rows a list may have, its first line not counted."""


def read_list(body: bytes, kind: str) -> list[AnyItem]:
    """Return the items of a list of one of the types in LISTED; raise FactsRefused with all that is wrong with it.

    Problems name the line in the file and the column.
    """
    try:
        rows = list(islice(read_rows(body), MOST_ROWS + 2))
    except NotATable as error:
        raise FactsRefused([Problem(0, f"line {error.line}", str(error))]) from error
    if not rows:
        raise FactsRefused([Problem(0, "line 1", "the first line names the columns, and there is none")])
    if len(rows) > MOST_ROWS + 1:
        raise FactsRefused([Problem(0, f"line {rows[-1].line}", f"a list has at most {MOST_ROWS} rows")])
    columns = _columns(rows[0], kind)
    drafts = _drafts(rows[1:], columns, kind)
    try:
        return read_items([draft.item for draft in drafts])
    except FactsRefused as refused:
        raise FactsRefused([_placed(problem, drafts, columns) for problem in refused.problems]) from refused


class Columns(NamedTuple):
    """The columns that a list of a type has, as people call them: those that it needs, and those that it may have.

    What every list may have is left out, and so is by what people are named.
    """

    needed: tuple[str, ...]
    possible: tuple[str, ...]


def columns_of(kind: str) -> Columns:
    """Return the columns of lists of a type."""
    fields = _fields(kind)
    own = [name for name in _known(kind) if name not in (*PERSON, *COMMON)]
    needed = tuple(_as_called(name) for name in own if name in fields and fields[name].is_required())
    channels = (f"{CHANNEL}NAME",) if kind == SCHEDULE else ()
    return Columns(needed, (*[name for name in map(_as_called, own) if name not in needed], *channels))


# --- columns ---------------------------------------------------------------------------------------------------------


def _known(kind: str) -> tuple[str, ...]:
    """Return the columns that a list may have."""
    about_people = issubclass(ITEMS[kind], AboutPerson) or kind == SHEET
    marks = ("mark",) if kind == SHEET else ()
    return tuple(dict.fromkeys((*(PERSON if about_people else ()), *_fields(kind), *marks, "zone")))


def _fields(kind: str) -> Mapping[str, FieldInfo]:
    """Return the fields of an item that a cell can hold, for a schedule with those of its sessions."""
    composite = {"type", "person", "sessions", "channels", *MARKS}
    inside = PlannedSession.model_fields if kind == SCHEDULE else {}
    fields = {**ITEMS[kind].model_fields, **inside}
    return {name: each for name, each in fields.items() if name not in composite}


def _columns(header: Row, kind: str) -> list[str]:
    """Return what each column holds; raise FactsRefused for one that is not known, or comes twice.

    One without a name is nothing, as long as it is empty: spreadsheets save such columns.
    """
    known, found, problems = _known(kind), list[str](), list[Problem]()
    for name in header.cells:
        column = _called(name)
        is_channel = kind == SCHEDULE and column.startswith(CHANNEL) and column != CHANNEL
        if column and not is_channel and column not in known:
            problems.append(unknown(0, "line 1", name.lower(), tuple(map(_as_called, known))))
        elif column and column in found:
            problems.append(Problem(0, "line 1", "is a column that comes twice", shown(name)))
        found.append(column)
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        raise FactsRefused(problems)
    return found


def _called(name: str) -> str:
    """Return what a column holds by its name; that of a channel stays as it is written."""
    column = name.lower().replace(" ", "_").replace("-", "_")
    if column.startswith(CHANNEL):
        return CHANNEL + name[len(CHANNEL) :].strip()
    return CALLED.get(column, column)


def _as_called(column: str) -> str:
    """Return the first name that people have for a column, else its own."""
    return next((name for name, called in CALLED.items() if called == column), column)


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """An item as it is put together, and the lines that it is made of."""

    item: dict[str, Any]
    lines: list[int] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)
    """The line of each part of it, by the path of the part, e.g. `sessions[1]`."""


def _drafts(rows: Sequence[Row], columns: Sequence[str], kind: str) -> list[_Draft]:
    add = {SCHEDULE: _add_session, SHEET: _add_to_sheet}.get(kind, _add_item)
    drafts: dict[Any, _Draft] = {}
    problems: list[Problem] = []
    for row in rows:
        try:
            add(drafts, row.line, _cells(row, columns), kind)
        except _WrongCell as wrong:
            problems.append(Problem(len(drafts), _place(row.line, wrong.column), str(wrong), wrong.found))
        if len(problems) == MOST_PROBLEMS or len(drafts) > MOST:
            break
    if problems:
        raise FactsRefused(problems)
    return list(drafts.values())


class _WrongCell(ValueError):
    def __init__(self, column: str, message: str, found: object) -> None:
        super().__init__(message)
        self.column = column
        self.found = shown(found)


def _cells(row: Row, columns: Sequence[str]) -> dict[str, Any]:
    """Return what stands in a row, by column; an empty cell says nothing."""
    beyond = [cell for column, cell in zip_longest(columns, row.cells, fillvalue="") if cell and not column]
    if beyond:
        raise _WrongCell("", "has a cell in a column without a name", beyond[0])
    said = {column: cell for column, cell in zip(columns, row.cells, strict=False) if cell}
    zone = said.get("zone")
    if zone is not None and not is_zone(zone):
        raise _WrongCell("zone", "a zone is a name of the IANA database, e.g. Europe/Berlin", zone)
    values = {}
    for column, cell in said.items():
        try:
            values[column] = value_of(column, cell, zone)
        except ValueError as error:
            raise _WrongCell(column, str(error), cell) from error
    return values


def _add_item(drafts: dict[Any, _Draft], line: int, cells: dict[str, Any], kind: str) -> None:
    if "zone" not in ITEMS[kind].model_fields:
        cells.pop("zone", None)
    drafts[line] = _Draft(_nested({"type": kind, **cells}), [line])


def _add_session(drafts: dict[Any, _Draft], line: int, cells: dict[str, Any], kind: str) -> None:
    channels = [_channel(name, cells.pop(name)) for name in [*cells] if name.startswith(CHANNEL)]
    session = {name: cells.pop(name) for name in [*cells] if name in PlannedSession.model_fields}
    draft = _draft_of(drafts, cells.get("offering"), line, cells, kind)
    sessions = draft.item.setdefault("sessions", [])
    draft.parts[f"sessions[{len(sessions)}]"] = line
    sessions.append({**session, "channels": channels})


def _add_to_sheet(drafts: dict[Any, _Draft], line: int, cells: dict[str, Any], kind: str) -> None:
    cells.pop("zone", None)
    person = _nested({name: cells.pop(name) for name in PERSON if name in cells}).get("person")
    mark = cells.pop("mark", "present")
    if mark not in MARKS:
        raise _WrongCell("mark", f"must be one of {', '.join(MARKS)}", mark)
    draft = _draft_of(drafts, tuple(map(cells.get, ("offering", "session", "channel"))), line, cells, kind)
    if person is not None:  # nobody came: a sheet of one row that names nobody
        marked = draft.item.setdefault(mark, [])
        draft.parts[f"{mark}[{len(marked)}]"] = line
        marked.append(person)


def _draft_of(drafts: dict[Any, _Draft], key: Any, line: int, cells: dict[str, Any], kind: str) -> _Draft:
    """Return the draft to which a row belongs; what rows of one draft say of the whole must not differ."""
    draft = drafts.setdefault(key, _Draft({"type": kind}))
    for name, value in cells.items():
        if draft.item.setdefault(name, value) != value:
            raise _WrongCell(name, f"differs from line {draft.lines[0]}, of which this is a part", value)
    draft.lines.append(line)
    return draft


def _channel(column: str, said: str) -> dict[str, Any]:
    source, _, meeting = said.partition(" ")
    return {"name": column.removeprefix(CHANNEL), "source": source, "meeting": meeting.strip() or None}


def _nested(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is named with points as objects within objects."""
    whole: dict[str, Any] = {}
    for name, value in cells.items():
        *outer, last = name.split(".")
        place = whole
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
    return whole


# --- where something is wrong ----------------------------------------------------------------------------------------


def _placed(problem: Problem, drafts: Sequence[_Draft], columns: Sequence[str]) -> Problem:
    """Return a problem of an item where it stands in the file."""
    if problem.index >= len(drafts):
        return problem
    draft = drafts[problem.index]
    part, _, inside = problem.path.partition(".")
    if part in draft.parts:
        column = inside if inside in columns else f"person.{inside}"
        return replace(problem, path=_place(draft.parts[part], column if column in columns else inside))
    return replace(problem, path=_place(draft.lines[0], problem.path))


def _place(line: int, column: str) -> str:
    return f"line {line}, {_as_called(column)}" if column else f"line {line}"
