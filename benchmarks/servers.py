"""The Kafka and the PostgreSQL of a benchmark: those that the environment names, else ones that end with it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milepost.runtimes.local.jars import get_distribution
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.runtimes.local.programs import get_programs


@contextmanager
def running_kafka() -> Iterator[str]:
    """Give the address of a broker: the one in KAFKA_BOOTSTRAP_SERVERS, else one of this benchmark's own."""
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        kafka = LocalKafka(Path(folder), distribution=get_distribution())
        kafka.start()
        try:
            yield kafka.bootstrap
        finally:
            kafka.stop()


@contextmanager
def running_postgres() -> Iterator[str]:
    """Give the URL of an empty database on a server of this benchmark's own."""
    with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
        Path(folder).chmod(0o755)  # where root starts it, another user runs it
        postgres = LocalPostgres(Path(folder) / "postgres", programs=get_programs())
        postgres.start()
        try:
            postgres.ensure_database("benchmark")
            yield postgres.url("benchmark")
        finally:
            postgres.stop()
