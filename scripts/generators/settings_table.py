"""Writes the table of settings into docs/operations.md: what every setting says of itself.

`python -m scripts.generators.settings_table DIR` writes below DIR; `make generate` runs it on the repository.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from milepost.settings import Settings

PAGE = Path("docs") / "operations.md"
BEGIN = "<!-- settings: written by `make generate` from services/milepost/settings.py -->\n"
END = "<!-- end of settings -->\n"

DEFAULTS = {
    "server_key": "the key in the file",
    "server_key_file": "`milepost.key` beside the database",
    "clock_at": "where the database stopped",
}
"""What stands in place of nothing."""


def page(text: str) -> str:
    """Return the page with the table anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def table() -> str:
    """Return the table."""
    return "\n".join(["| Variable | Default | What it is |", "|---|---|---|", *_rows()]) + "\n"


def main(folder: Path) -> None:
    """Write the page below a folder."""
    text = PAGE.read_text(encoding="utf-8")
    path = folder / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(text), encoding="utf-8")


def _rows() -> Iterator[str]:
    for name, setting in Settings.model_fields.items():
        said = " ".join((setting.description or "").split()).replace("|", "\\|")
        yield f"| `MILEPOST_{name.upper()}` | {_default(name, setting)} | {said} |"


def _default(name: str, setting: FieldInfo) -> str:
    if setting.default is None:
        return DEFAULTS.get(name, "none")
    return f"`{setting.default}`"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
