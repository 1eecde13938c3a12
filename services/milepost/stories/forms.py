"""The small grammar: each sentence of a timeline is written down once, as a pattern that people can read.

In a pattern, CAPITALS are blanks, `a|b` is either word, and `[...]` may be left out.
"""

import re
from dataclasses import dataclass
from functools import cache

from milepost.stories.moments import MOMENT

PEOPLE = r".+?"
WHO = r'guest "[^"]+"|.+?'
ONE = r"\S+?"
BLANKS = {
    "PEOPLE": PEOPLE,
    "WHO": WHO,
    "PERSON": PEOPLE,
    "STEP": ONE,
    "OFFERING": ONE,
    "SESSION": ONE,
    "SOURCE": ONE,
    "CHANNEL": ONE,
    "COHORT": ONE,
    "ROLE": ONE,
    "ID": ONE,
    "MARKER": ONE,
    "PERCENT": r"[0-9]+(?:\.[0-9]+)?",
    "MOMENT": MOMENT,
    "MARKS": r".+",
}
_PIECE = re.compile(r"\s*(\[|\]|[^\s\[\]]+)")


@dataclass(frozen=True, slots=True)
class Form:
    """One sentence: its name, its pattern, and one line for people who look it up."""

    name: str
    pattern: str
    meaning: str

    def match(self, sentence: str) -> dict[str, str | None] | None:
        """Return what stands in the blanks, or None where the sentence has another form."""
        found = _compiled(self.pattern).fullmatch(sentence)
        return None if found is None else found.groupdict()

    @property
    def words(self) -> frozenset[str]:
        """The plain words of the pattern, by which the likeliest form is found."""
        plain = re.sub(r"[\[\]]", " ", self.pattern)
        return frozenset(word for piece in plain.split() for word in piece.split("|") if not word.isupper())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern))


def _expression(pattern: str) -> str:
    text, begun = "", False
    for piece in _PIECE.findall(pattern):
        if piece == "[":
            text += "(?:"
        elif piece == "]":
            text += ")?"
        else:
            glued = piece in (":", "%")
            text += ("" if not begun else r"\s*" if glued else r"\s+") + _word(piece)
            begun = True
    return text


def _word(piece: str) -> str:
    if piece.isupper():
        name = piece.rstrip("0123456789")
        return f"(?P<{piece.lower()}>{BLANKS[name]})"
    return "(?:" + "|".join(re.escape(word) for word in piece.split("|")) + ")"
