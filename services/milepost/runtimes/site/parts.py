"""Of which processes a site consists, how each is told what it has to do, and in which order they end."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from milepost.settings import Settings

PAGES_SENDERS_AND_TIME = 1
"""What ends first: nobody is promised anything more, and nothing more falls due."""

THE_WAY_OF_THE_MESSAGES = 2
THOSE_WHO_WATCH = 3

COUNTER = "127.0.0.1"
"""Where everything listens that is asked by operators alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process: its command, the settings that are its own, and where it says how it is."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    address: str
    ends: int
    """Those with a lower number end before the others."""

    ready: str = "/health/ready"
    live: str = "/health/live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a site is made from: the settings that all share, its folder, how many workers, and the first port."""

    settings: Settings
    folder: Path
    workers: int
    ports: Mapping[str, int]


def names_of_parts(workers: int) -> tuple[str, ...]:
    """Return the names of a site's own processes, in the order in which they start."""
    several = tuple(f"worker-{number}" for number in range(1, workers + 1))
    return ("gateway", "console", "archive", "projector", "ticker", *several)


def parts_of(plan: Plan) -> Iterator[Part]:
    """Yield the site's own processes, in the order in which they start."""
    for name in names_of_parts(plan.workers):
        kind, _, number = name.partition("-")
        public = kind in ("gateway", "console")
        host = plan.settings.host if public else COUNTER
        yield Part(
            name=name,
            command=(sys.executable, "-m", "milepost", kind),
            environment={
                **shared_environment(plan.settings, plan.folder),
                "MILEPOST_HOST": host,
                "MILEPOST_PORT": str(plan.ports[name]),
                "MILEPOST_INSTANCE": number or "1",
                "MILEPOST_DATA_DIR": str(plan.folder / name),
            },
            address=f"http://{_reachable(host)}:{plan.ports[name]}",
            ends=PAGES_SENDERS_AND_TIME if public or kind == "ticker" else THE_WAY_OF_THE_MESSAGES,
        )


def shared_environment(settings: Settings, folder: Path) -> Mapping[str, str]:
    """Return what every process and every command of a site has to be told: where its topics, tables and key are."""
    return {
        "MILEPOST_KAFKA": settings.kafka or "",
        "MILEPOST_DATABASE": settings.database,
        "MILEPOST_TOPIC_PREFIX": settings.topic_prefix,
        "MILEPOST_PARTITIONS": str(settings.partitions),
        "MILEPOST_SERVER_KEY_FILE": str(settings.server_key_file or folder / "milepost.key"),
    }


def _reachable(host: str) -> str:
    """Return an address at which this machine reaches what listens there."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - it is compared, not listened at
        return COUNTER
    return f"[{host}]" if ":" in host else host
