"""In which order a Kafka and a PostgreSQL are looked for."""

from collections.abc import Mapping
from pathlib import Path

from milepost.runtimes.local.jars import Distribution, NoLocalKafka
from milepost.runtimes.local.programs import NoLocalPostgres
from tests.services.choosing import (
    KafkaContainer,
    KafkaFromJars,
    MockKafka,
    NamedKafka,
    NamedPostgres,
    NoPostgres,
    PostgresFromPrograms,
    Probes,
    Services,
    choose_kafka,
    choose_postgres,
)

JARS = Distribution(java=Path("java"), jars=Path("jars"))
PROGRAMS = Path("programs")


def machine(
    *,
    environment: Mapping[str, str] | None = None,
    docker: bool = False,
    jars: Distribution | None = None,
    programs: Path | None = None,
) -> Probes:
    """Return the probes of a machine that has what is given, and nothing else."""

    def get_distribution() -> Distribution:
        if jars is None:
            raise NoLocalKafka("there is no Java")
        return jars

    def get_programs() -> Path:
        if programs is None:
            raise NoLocalPostgres("there is no PostgreSQL")
        return programs

    return Probes(
        environment=environment or {},
        is_docker_running=lambda: docker,
        get_distribution=get_distribution,
        get_programs=get_programs,
    )


def test_a_cluster_that_is_named_comes_before_anything_that_could_be_started() -> None:
    probes = machine(environment={"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}, docker=True, jars=JARS)

    chosen = choose_kafka(probes)

    assert chosen == NamedKafka("kafka:9092", said="the cluster that KAFKA_BOOTSTRAP_SERVERS names")


def test_a_cluster_named_for_the_tests_comes_before_one_named_for_everything() -> None:
    named = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "MILEPOST_TEST_KAFKA": "tests:9092"}

    chosen = choose_kafka(machine(environment=named))

    assert isinstance(chosen, NamedKafka)
    assert chosen.bootstrap == "tests:9092"


def test_a_container_comes_before_the_jars() -> None:
    assert choose_kafka(machine(docker=True, jars=JARS)) == KafkaContainer()


def test_without_docker_the_broker_runs_from_its_jars() -> None:
    assert choose_kafka(machine(jars=JARS)) == KafkaFromJars(JARS)


def test_the_imitation_comes_last_and_says_what_is_missing() -> None:
    assert choose_kafka(machine()) == MockKafka(why="there is no Java")


def test_a_server_that_is_named_comes_before_one_that_could_be_started() -> None:
    probes = machine(environment={"MILEPOST_TEST_DATABASE": "postgresql+psycopg://here/db"}, programs=PROGRAMS)

    assert choose_postgres(probes) == NamedPostgres("postgresql+psycopg://here/db")


def test_without_a_name_the_server_is_started_from_what_the_machine_has() -> None:
    assert choose_postgres(machine(programs=PROGRAMS)) == PostgresFromPrograms(PROGRAMS)


def test_a_machine_without_postgresql_says_what_is_missing() -> None:
    assert choose_postgres(machine()) == NoPostgres(why="there is no PostgreSQL")


def test_what_no_test_asked_for_is_not_spoken_of() -> None:
    assert list(Services(machine(docker=True, programs=PROGRAMS)).said()) == []


def test_what_tests_asked_for_is_said_and_an_imitation_with_its_reason() -> None:
    services = Services(machine(programs=PROGRAMS))

    assert isinstance(services.kafka, MockKafka)
    assert isinstance(services.postgres, PostgresFromPrograms)

    assert list(services.said()) == [
        "Kafka: no broker, only librdkafka's imitation of one; there is no Java.",
        "PostgreSQL: a server started for this run.",
    ]


def test_the_machine_is_asked_once() -> None:
    asked = []

    def is_docker_running() -> bool:
        asked.append("docker")
        return True

    services = Services(Probes(environment={}, is_docker_running=is_docker_running))

    assert services.kafka == services.kafka == KafkaContainer()
    assert asked == ["docker"]
