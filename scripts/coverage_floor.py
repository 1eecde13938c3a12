#!/usr/bin/env python
"""Fails if the tests leave more than one line or branch in twenty unvisited, in any of the packages that are pure."""

import json
import sys
import tempfile
from pathlib import Path

import coverage

FLOOR = 95.0
PACKAGES = ("services/milepost/core", "services/milepost/sources", "schemas/milepost_schemas")


def main() -> int:
    """Print how much of each package was visited; return 1 if one has too little."""
    measured = coverage.Coverage()
    measured.load()
    low = [package for package in PACKAGES if Path(package).is_dir() and _is_low(measured, package)]
    for package in low:
        measured.report(include=[f"{package}/*"], file=sys.stdout)
    if low:
        print(f"Too little of {', '.join(low)} is tested: {FLOOR:.0f} % of lines and of branches are required.")
    return 1 if low else 0


def _is_low(measured: coverage.Coverage, package: str) -> bool:
    """Print one package's figures, and tell whether they are too low."""
    totals = _totals(measured, package)
    lines = _percent(totals["covered_lines"], totals["num_statements"])
    branches = _percent(totals.get("covered_branches", 0), totals.get("num_branches", 0))
    print(f"Tested of {package}: {lines:.1f} % of lines, {branches:.1f} % of branches")
    return min(lines, branches) < FLOOR


def _totals(measured: coverage.Coverage, package: str) -> dict[str, int]:
    """Return the sums over one package."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        measured.json_report(include=[f"{package}/*"], outfile=file.name)
        totals: dict[str, int] = json.loads(Path(file.name).read_text())["totals"]
    return totals


def _percent(covered: int, of: int) -> float:
    """Return all of nothing as all."""
    return 100.0 * covered / of if of else 100.0


if __name__ == "__main__":
    sys.exit(main())
