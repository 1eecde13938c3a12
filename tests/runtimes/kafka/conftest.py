"""Crews of workers on the broker of this run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.runtimes.kafka.crew import Crew, crew
from tests.services.brokers import Kafka


@pytest.fixture
def new_crew(kafka: Kafka, kafka_prefix: str, tmp_path: Path) -> Iterator[Callable[..., Crew]]:
    """Give what makes a crew on topics of its own; all of its workers are gone afterwards."""
    with ExitStack() as stack:

        def make(*, chain: bool = False) -> Crew:
            return stack.enter_context(crew(kafka.bootstrap, kafka_prefix, tmp_path, chain=chain))

        yield make
