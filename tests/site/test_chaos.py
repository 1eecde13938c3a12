"""Whatever happens to processes, Kafka and database: a site ends as the pure fold of what it acknowledged.

Each seed draws what happens, and when. `make chaos SEEDS=100` tries more of them; one alone is repeated by
`make chaos SEED=7`.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from milepost.runtimes.local.jars import Distribution
from milepost.runtimes.local.kafka import LocalKafka
from milepost.runtimes.local.postgres import LocalPostgres
from milepost.store.database import Database
from milepost_schemas.instants import to_text
from tests.runtimes.oracle import (
    assert_evidence_is_that_of_the_pure_fold,
    assert_nothing_is_missing,
    assert_nothing_was_concluded_twice,
    assert_shown_is_what_the_pure_fold_shows,
)
from tests.runtimes.traffic import END
from tests.services.databases import UNSAFE_AND_FAST, Server, own_folder
from tests.services.needs import SERVICES
from tests.site.changelog import read_records
from tests.site.chaos import Chaos, NothingWasQueued, chaotic_site

TRIES = 3
BROKEN_WORKER = Path(__file__).parent / "broken_worker.py"

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres, pytest.mark.chaos]


def seeds() -> list[int]:
    """Return the seeds: one that is to be repeated, or as many as are wanted; by default ten in CI, else three."""
    one = os.environ.get("MILEPOST_CHAOS_SEED")
    usual = "10" if os.environ.get("CI") == "true" else "3"
    return [int(one)] if one else list(range(1, int(os.environ.get("MILEPOST_CHAOS_SEEDS", usual)) + 1))


@pytest.fixture(scope="module")
def broker(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that may be killed."""
    distribution = pytestconfig.stash[SERVICES].distribution
    assert isinstance(distribution, Distribution)
    kafka = LocalKafka(tmp_path_factory.mktemp("broker") / "kafka", distribution=distribution)
    kafka.start()
    yield kafka
    kafka.kill()


@pytest.fixture(scope="module")
def server(pytestconfig: pytest.Config) -> Iterator[LocalPostgres]:
    """A database server that may be killed."""
    programs = pytestconfig.stash[SERVICES].programs
    assert isinstance(programs, Path)
    with own_folder() as folder:
        postgres = LocalPostgres(folder / "postgres", programs=programs, settings=UNSAFE_AND_FAST)
        postgres.start()
        yield postgres
        postgres.stop()


@pytest.mark.parametrize("seed", seeds())
def test_what_was_acknowledged_is_concluded_whatever_happens(
    seed: int, broker: LocalKafka, server: LocalPostgres, tmp_path: Path
) -> None:
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        try:
            live_through(seed, broker, server, folder)
        except NothingWasQueued:
            continue
        return
    pytest.fail(f"in {TRIES} runs of seed {seed} a fault came when nothing was under way")


@pytest.mark.parametrize(("broken", "kills"), [("acknowledges-first", 8), ("counts", 0)])
def test_workers_that_are_broken_on_purpose_are_caught(
    broken: str, kills: int, broker: LocalKafka, server: LocalPostgres, tmp_path: Path
) -> None:
    """Where a death has to come at the right moment, another seed may find it."""
    caught = []
    for seed in range(1, TRIES + 1):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            live_through(seed, broker, server, folder, broken=broken, kills=kills)
        except AssertionError as error:
            caught.append(error)
            break

    assert caught


def live_through(
    seed: int, broker: LocalKafka, server: LocalPostgres, folder: Path, *, broken: str = "", kills: int | None = None
) -> None:
    """Run a site through what the seed draws, or where workers are `broken`, through so many deaths of workers."""
    broken_workers = [str(BROKEN_WORKER), broken] if broken else []
    with Server(server.url()).fresh_database() as url:
        prefix = f"chaos-{seed}-{secrets.token_hex(3)}."
        running = chaotic_site(folder, kafka=broker, prefix=prefix, database=url, broken_workers=broken_workers)
        with running as (site, keys):
            chaos = Chaos(seed, site, keys, broker, server)
            try:
                chaos.run(None if kills is None else [chaos.a_worker_is_killed] * kills)
                site.set_clock(to_text(END))
                assert_all_is_well(chaos, url)
            except AssertionError as error:
                error.add_note(f"seed {seed}: {', '.join(chaos.happened)}; `make chaos SEED={seed}` repeats it")
                raise


def assert_all_is_well(chaos: Chaos, url: str) -> None:
    database = Database(make_url(url).render_as_string(hide_password=False))
    try:
        assert_nothing_is_missing(database, chaos.every)
        assert_nothing_was_concluded_twice(database)
        assert_shown_is_what_the_pure_fold_shows(database)
        records = read_records(
            chaos.kafka.bootstrap, f"{chaos.site.environment['MILEPOST_TOPIC_PREFIX']}actors-records"
        )
        assert_evidence_is_that_of_the_pure_fold(database, records)
    finally:
        database.close()
