"""The same stories on a site: Kafka, PostgreSQL, an archive, a projector and two workers; many of them at once."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from milepost.stories import read_story, run_story
from milepost.stories.reports import as_text
from milepost.stories.running import Outcome
from milepost.stories.served import ServedWorld
from tests.services.brokers import Kafka
from tests.services.databases import Server
from tests.site.world import StorySite, story_site
from tests.stories.suite import SHIPPED, SUITE, told_as

AT_ONCE = 24

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture(scope="module")
def outcomes(
    kafka: Kafka, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Path, Outcome]]:
    """What came of each story."""
    folder = tmp_path_factory.mktemp("site")
    with (
        postgres.fresh_database() as database,
        story_site(folder, kafka=kafka.bootstrap, prefix="stories.", database=database) as site,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        files = [*SUITE, *SHIPPED]
        yield dict(zip(files, pool.map(lambda file: carry_out(file, site), files), strict=True))


def carry_out(file: Path, site: StorySite) -> Outcome:
    return run_story(read_story(file), make=lambda story: ServedWorld(story, host=site.host))


@pytest.mark.parametrize("file", [*SUITE, *SHIPPED], ids=told_as)
def test_the_story_is_true_on_kafka(file: Path, outcomes: Mapping[Path, Outcome]) -> None:
    assert outcomes[file].passed, as_text([outcomes[file]])
