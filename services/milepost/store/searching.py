"""Finding a text in a column, whatever the case of its letters.

Where texts are ordered by the numbers of their characters, a database knows the two cases of a to z and of no other
letter. So a text with others is looked for as names are written and typed: small, with capitals at the beginnings of
its words, in capitals, and as it stands.
"""

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import ColumnElement, func, or_

SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column has the text in it."""
    return or_(*(func.lower(column).like(f"%{_escaped(each)}%", escape="\\") for each in _written(text)))


def _written(text: str) -> Sequence[str]:
    """Return how a text may be written, each once, with the letters small that a database makes small."""
    forms = (text.lower(), text.title(), text.upper(), text)
    return list(dict.fromkeys(form.translate(SMALL) for form in forms))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
