#!/usr/bin/env python
"""Runs ADL's public conformance suite against a server of its own, and compares what fails with what is expected to.

The suite is not part of this project: `SUITE` is a folder that holds it, `npm install --ignore-scripts` done. The tests
that are expected to fail stand in `scripts/conformance/VERSION.txt`, each under the reason. An unlisted test that fails
and a listed one that passes are both an error.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

SOURCE = "suite"
EXPECTED = Path(__file__).parent / "conformance"
STARTED_WITHIN = 60


def main(suite: Path, version: str) -> int:
    """Run, say how many of how many passed, and return 0 if exactly those fail that are expected to."""
    if not (suite / "node_modules").is_dir():
        print(f"{suite} has no suite with its modules: run `npm install --ignore-scripts` in it.", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder, _server(Path(folder)) as (address, key):
        log = _run(suite, version, address, key)
    summary, failed = log["summary"], set(_failed(log["log"], ()))
    expected = set(_expected(EXPECTED / f"{version}.txt"))
    print(f"xAPI {version}: {summary['passed']} of {summary['total']} tests pass, {summary['failed']} fail.")
    for name in sorted(failed - expected):
        print(f"Not expected to fail: {name}")
    for name in sorted(expected - failed):
        print(f"Expected to fail, and passes: {name}")
    return 0 if failed == expected else 1


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the address of a server with an empty store and a key to it."""
    milepost = [str(Path(sys.executable).parent / "milepost")]
    database = ["--database", str(folder / "milepost.db")]
    added = subprocess.run(
        [*milepost, "source", "add", SOURCE, "--kind", "xapi", *database], check=True, capture_output=True, text=True
    )
    key = max(re.findall(r"[A-Za-z0-9_-]{30,}", added.stdout), key=len)
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen([*milepost, "serve", *database, "--port", "0"], stdout=log, stderr=log, text=True)
        try:
            yield _address(folder / "log"), key
        finally:
            server.terminate()
            server.wait()


def _address(log: Path) -> str:
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until:
        found = re.search(r"http://127\.0\.0\.1:[0-9]+", log.read_text())
        if found and _answers(found[0]):
            return found[0]
        time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text()}")


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/xapi/about", timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


def _run(suite: Path, version: str, address: str, key: str) -> Any:
    """Return what the suite says in its log; its exit code is a number of failures, cut to eight bits."""
    told = ["-x", version, "-e", f"{address}/xapi", "-u", SOURCE, "-p", key, "-a", "-z"]
    said = subprocess.run(
        ["node", "bin/console_runner.js", *told], cwd=suite, check=False, capture_output=True, text=True
    ).stdout
    written = re.search(r"Full run log written to (.+\.log)", said)
    if written is None:
        raise SystemExit(f"The suite did not come to its end:\n{said[-2000:]}")
    return json.loads(Path(written[1]).read_text())


def _failed(test: Any, above: tuple[str, ...]) -> Iterator[str]:
    """Yield the tests that failed, each by its own name and those of the groups that it is in."""
    path = (*above, " ".join(str(test.get("name") or test.get("title") or "").split()))
    if test.get("tests"):
        for each in test["tests"]:
            if each:
                yield from _failed(each, path)
    elif test.get("status") == "failed":
        yield " > ".join(filter(None, path))


def _expected(listed: Path) -> Iterator[str]:
    for line in listed.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2]))
