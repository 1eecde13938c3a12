"""Prometheus beside a site of plain processes: where it is found, and what it is told to ask."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

import milepost
from milepost.runtimes.site.parts import COUNTER, THOSE_WHO_WATCH, Part

RULES = Path(milepost.__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
"""The alert rules of the repository; an installation without one is watched without them."""

ASK_EVERY = "5s"


class NoPrometheus(Exception):
    """There is no Prometheus here: on Debian apt-get install prometheus, or scripts/prometheus, which needs no root."""


def find_prometheus(name: str = "prometheus") -> Path | None:
    """Return where Prometheus, or its `promtool`, lies: on the path, or where scripts/prometheus puts it."""
    home = os.environ.get("XDG_CACHE_HOME")
    cache = Path(home) if home else Path.home() / ".cache"
    found = shutil.which(name) or shutil.which(str(cache / "milepost" / "prometheus" / "usr" / "bin" / name))
    return Path(found).resolve() if found else None


def watching(parts: Sequence[Part], folder: Path, port: int) -> Part:
    """Write what Prometheus is to ask these processes, and return it as a process.

    Raise NoPrometheus where there is none.
    """
    program = find_prometheus()
    if program is None:
        raise NoPrometheus(NoPrometheus.__doc__)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "prometheus.yml"
    configuration.write_text(configuration_for(parts))
    return Part(
        name="prometheus",
        command=(
            str(program),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'series'}",
            f"--web.listen-address={COUNTER}:{port}",
            "--log.level=warn",
        ),
        address=f"http://{COUNTER}:{port}",
        ends=THOSE_WHO_WATCH,
        ready="/-/ready",
        live="/-/healthy",
    )


def configuration_for(parts: Sequence[Part]) -> str:
    """Return a configuration that asks these processes."""
    targets = [
        {
            "targets": [part.address.removeprefix("http://")],
            "labels": {"process": part.name.partition("-")[0], "instance": part.name},
        }
        for part in parts
    ]
    told = {
        "global": {"scrape_interval": ASK_EVERY, "evaluation_interval": ASK_EVERY},
        "rule_files": [str(RULES)] if RULES.exists() else [],
        "scrape_configs": [{"job_name": "milepost", "static_configs": targets}],
    }
    return yaml.safe_dump(told, sort_keys=False)
