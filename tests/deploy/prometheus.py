"""The Prometheus of the tests, and its `promtool`."""

import subprocess
from pathlib import Path

from milepost.runtimes.site.prometheus import find_prometheus


def promtool(*arguments: str | Path, typed: bytes = b"") -> str:
    """Run promtool; return all that it said, and have it succeed."""
    program = find_prometheus("promtool")
    assert program is not None
    done = subprocess.run(
        [program, *arguments], input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    said = done.stdout.decode()
    assert done.returncode == 0, said
    return said
