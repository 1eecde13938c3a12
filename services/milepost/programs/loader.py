"""Reading a program file: everything that is wrong with it at once, or the definition that it means."""

from pathlib import Path
from typing import Any

from milepost.programs.checks import check_draft
from milepost.programs.defaults import fill_in
from milepost.programs.document import Document, read_document
from milepost.programs.problem import Finding, Problem, ProgramRefused, path_text
from milepost.programs.shape import read_shape
from milepost.programs.shipped import find_calendar
from milepost_schemas.program import ProgramFile

Definition = dict[str, Any]
"""A program as plain JSON, complete in itself: `ProgramPublished.definition`."""


def load_program(path: Path) -> Definition:
    """Return the definition of a program file; raise ProgramRefused with all that is wrong with it."""
    return parse_program(_read(path), str(path))


def check_program(path: Path) -> tuple[Problem, ...]:
    """Return all that is wrong with a program file, in the order of its lines."""
    try:
        text = _read(path)
    except ProgramRefused as refused:
        return refused.problems
    return check_text(text, str(path))


def parse_program(text: str, name: str) -> Definition:
    """Return the definition of a program's text; raise ProgramRefused. `name` is what problems call the file."""
    return parse_document(read_document(text), name)


def parse_document(document: Document, name: str) -> Definition:
    """Return the definition of a program that is a whole file, or a part of one; raise ProgramRefused."""
    problems = _check(document, name)
    file = None if problems else ProgramFile.model_validate(document.value)
    calendar = None if file is None else find_calendar(file.calendar)
    if file is None or calendar is None:
        raise ProgramRefused(problems)
    return fill_in(file, calendar)


def check_text(text: str, name: str) -> tuple[Problem, ...]:
    """Return all that is wrong with a program's text, in the order of its lines."""
    return _check(read_document(text), name)


def _check(document: Document, name: str) -> tuple[Problem, ...]:
    findings = list(document.findings)
    if document.value is not None or not findings:
        draft, wrong_shape = read_shape(document.value)
        noted = {finding.path for finding in document.findings if finding.line is None}
        findings += [finding for finding in (*wrong_shape, *check_draft(draft)) if finding.path not in noted]
    problems = {_problem(finding, document, name) for finding in findings}
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.path, problem.found)))


def _problem(finding: Finding, document: Document, name: str) -> Problem:
    return Problem(
        file=name,
        line=finding.line or document.line(finding.path),
        path=path_text(finding.path),
        found=finding.found,
        possible=finding.possible,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} is no UTF-8"
        raise ProgramRefused((Problem(str(path), 1, "", wrong, "save the file as UTF-8 text"),)) from error
