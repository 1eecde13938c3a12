"""Which Kafka and which PostgreSQL the tests use: one that is named, else the best that this machine can start."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from milepost.runtimes.local.jars import Distribution, NoLocalKafka, get_distribution
from milepost.runtimes.local.programs import NoLocalPostgres, get_programs

KAFKA_NAMES = ("MILEPOST_TEST_KAFKA", "KAFKA_BOOTSTRAP_SERVERS")
DATABASE_NAME = "MILEPOST_TEST_DATABASE"
DOCKER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class NamedKafka:
    """Somebody's cluster, named in the environment."""

    bootstrap: str
    said: str


@dataclass(frozen=True, slots=True)
class KafkaContainer:
    """A broker in a container of Docker."""

    said: str = "a container of Docker"


@dataclass(frozen=True, slots=True)
class KafkaFromJars:
    """A broker as a process of this machine."""

    distribution: Distribution
    said: str = "a broker from Kafka's own jars, started for this run"


@dataclass(frozen=True, slots=True)
class MockKafka:
    """The cluster that librdkafka imitates; good for injected faults, no proof of anything else."""

    why: str
    said: str = "no broker, only librdkafka's imitation of one"


KafkaChoice = NamedKafka | KafkaContainer | KafkaFromJars | MockKafka


@dataclass(frozen=True, slots=True)
class NamedPostgres:
    """Somebody's server, named in the environment by the URL of a database in which we may create others."""

    url: str
    said: str = f"the server that {DATABASE_NAME} names"


@dataclass(frozen=True, slots=True)
class PostgresFromPrograms:
    """A server as processes of this machine."""

    programs: Path
    said: str = "a server started for this run"


@dataclass(frozen=True, slots=True)
class NoPostgres:
    """No server at all."""

    why: str


PostgresChoice = NamedPostgres | PostgresFromPrograms | NoPostgres


def is_docker_running() -> bool:
    """Say whether there is a Docker whose daemon answers."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return (
            subprocess.run([docker, "info"], capture_output=True, check=False, timeout=DOCKER_SECONDS).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False


@dataclass(frozen=True, slots=True)
class Probes:
    """How the machine is asked what it has."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    is_docker_running: Callable[[], bool] = is_docker_running
    get_distribution: Callable[[], Distribution] = get_distribution
    get_programs: Callable[[], Path] = get_programs


def choose_kafka(probes: Probes) -> KafkaChoice:
    """Return the Kafka to use: named, in a container, from its jars, and only then the imitation."""
    for name in KAFKA_NAMES:
        if bootstrap := probes.environment.get(name):
            return NamedKafka(bootstrap, said=f"the cluster that {name} names")
    if probes.is_docker_running():
        return KafkaContainer()
    try:
        return KafkaFromJars(probes.get_distribution())
    except NoLocalKafka as error:
        return MockKafka(why=str(error))


def choose_postgres(probes: Probes) -> PostgresChoice:
    """Return the PostgreSQL to use: named, or started from the programs that this machine has."""
    if url := probes.environment.get(DATABASE_NAME):
        return NamedPostgres(url)
    try:
        return PostgresFromPrograms(probes.get_programs())
    except NoLocalPostgres as error:
        return NoPostgres(why=str(error))


class Services:
    """What the tests of this run use; each is looked for when the first test asks for it, and then never again."""

    def __init__(self, probes: Probes) -> None:
        self._probes = probes

    @cached_property
    def kafka(self) -> KafkaChoice:
        """The Kafka that tests share."""
        return choose_kafka(self._probes)

    @cached_property
    def postgres(self) -> PostgresChoice:
        """The PostgreSQL that tests share."""
        return choose_postgres(self._probes)

    @cached_property
    def distribution(self) -> Distribution | NoLocalKafka:
        """What a test starts a broker of its own from, or why it cannot."""
        try:
            return self._probes.get_distribution()
        except NoLocalKafka as error:
            return error

    @cached_property
    def programs(self) -> Path | NoLocalPostgres:
        """What a test starts a PostgreSQL of its own from, or why it cannot."""
        try:
            return self._probes.get_programs()
        except NoLocalPostgres as error:
            return error

    def look(self) -> tuple[KafkaChoice, PostgresChoice]:
        """Look for both, as if they had been asked for."""
        return self.kafka, self.postgres

    def said(self) -> Iterator[str]:
        """Yield a sentence for each service that was asked for and found."""
        asked_for = vars(self)
        if "kafka" in asked_for:
            why = f"; {self.kafka.why}" if isinstance(self.kafka, MockKafka) else ""
            yield f"Kafka: {self.kafka.said}{why}."
        if "postgres" in asked_for and not isinstance(self.postgres, NoPostgres):
            yield f"PostgreSQL: {self.postgres.said}."
