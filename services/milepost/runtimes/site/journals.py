"""The logs of a site's processes: each has a file of its own, and what is worth a look also goes to the terminal."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

WORTH_A_LOOK = ("warning", "error", "critical")
MOST_AT_ONCE = 20
"""So many lines of one process are shown in one turn; the file has them all."""


class Journal:
    """Follows one log from its present end."""

    def __init__(self, path: Path) -> None:
        """Begin where the log ends now."""
        self._path = path
        self._seen = path.stat().st_size if path.exists() else 0

    def fresh(self) -> Sequence[str]:
        """Return the lines that were completed since the last call and that somebody should see."""
        if not self._path.exists():
            return ()
        if self._path.stat().st_size < self._seen:
            self._seen = 0  # it was put aside, and begun anew
        with self._path.open("rb") as log:
            log.seek(self._seen)
            text = log.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._seen += len(complete)
        lines = [line for line in complete.decode(errors="replace").splitlines() if is_worth_a_look(line)]
        return lines if len(lines) <= MOST_AT_ONCE else [*lines[:MOST_AT_ONCE], f"... and {len(lines)} lines in all"]


def is_worth_a_look(line: str) -> bool:
    """Say whether a line is a warning or worse, or no line of ours at all."""
    if not line.startswith("{"):
        return bool(line.strip())
    try:
        return str(json.loads(line).get("level")) in WORTH_A_LOOK
    except ValueError:
        return True


def fresh_lines(journals: dict[str, Journal]) -> Iterator[tuple[str, str]]:
    """Yield what is new in each log, with the name of its process."""
    for name, journal in journals.items():
        for line in journal.fresh():
            yield name, line
