"""From the bytes of a CSV file to its rows: as spreadsheets save it, whatever stands between its cells."""

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import NamedTuple

BETWEEN = (",", ";", "\t")
"""What may stand between cells: where a comma is the decimal point, spreadsheets save a semicolon."""

LONGEST_CELL = 10_000
"""Characters of a cell, and of the names of all columns together."""

MOST_CELLS = 1000
"""How many a row may have, the empty ones counted."""

ENCODINGS = {BOM_UTF8: "utf-8-sig", BOM_UTF16_LE: "utf-16", BOM_UTF16_BE: "utf-16"}
"""What a file is read as that begins with these octets; any other is UTF-8."""


class NotATable(ValueError):
    """A file cannot be read as CSV: `line` is where it went wrong."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Row(NamedTuple):
    """The cells of a row, without blanks around them, and the line on which it begins; the first line is 1."""

    line: int
    cells: tuple[str, ...]


def read_rows(body: bytes) -> Iterator[Row]:
    """Yield the rows that are not empty, the names of the columns first; raise NotATable where it is no CSV."""
    text = _text(body)
    first, _, _ = text.partition("\n")
    if len(first) > LONGEST_CELL:
        raise NotATable(1, f"the first line names the columns, and has at most {LONGEST_CELL} characters")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(BETWEEN, key=first.count), strict=True)
    line = 1
    try:
        for cells in reader:
            row = Row(line, tuple(cell.strip() for cell in cells))
            line = reader.line_num + 1
            if len(row.cells) > MOST_CELLS:
                raise NotATable(row.line, f"a row has at most {MOST_CELLS} cells")
            if any(len(cell) > LONGEST_CELL for cell in row.cells):
                raise NotATable(row.line, f"a cell has at most {LONGEST_CELL} characters")
            if any(row.cells):
                yield row
    except csv.Error as error:
        raise NotATable(line, f"is no row of CSV: {error}") from error


def _text(body: bytes) -> str:
    encoding = next((name for mark, name in ENCODINGS.items() if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise NotATable(line, "is not in UTF-8: save it as “CSV UTF-8”") from error
    if "\0" in text:
        raise NotATable(text.count("\n", 0, text.index("\0")) + 1, "has the character NUL, so it is no CSV")
    return text
