"""A site with one worker and clocks that are moved by hand, and what is seen of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import select

from milepost.store import recording
from milepost.store.database import Database
from milepost.store.rows import read
from milepost.store.tables import shown
from milepost_schemas.instants import HOUR, to_text
from milepost_schemas.projections import GapRow
from tests.runtimes.serving import facts
from tests.runtimes.traffic import BEGIN, joins_program, send_until_acknowledged, set_up
from tests.site.processes import Site

NOW = BEGIN + HOUR


class SmallSite:
    """A site with one worker, and what is seen of it."""

    def __init__(self, site: Site, database: Database, office: str) -> None:
        self.site = site
        self.database = database
        self.office = office

    def address(self) -> str:
        return self.site.gateway

    def enroll_somebody(self) -> None:
        with httpx.Client() as client:
            send_until_acknowledged(self, facts(self.office, *joins_program(1)), client)

    def ticked_at(self) -> int | None:
        with self.database.reading() as connection:
            return recording.ticked_at(connection, "default")

    def gaps(self) -> list[GapRow]:
        with self.database.reading() as connection:
            return [read(GapRow, row) for row in connection.execute(select(shown.gaps.c.row)).scalars()]

    def openings(self) -> Counter[str]:
        """Return how often each gap was told to be open."""
        opened = select(shown.changes.c.gap_id).where(shown.changes.c.type == "milepost.gap.opened.v1")
        with self.database.reading() as connection:
            return Counter(connection.execute(opened).scalars())


@contextmanager
def small_site(folder: Path, *, kafka: str, prefix: str, database: str) -> Iterator[SmallSite]:
    """Run such a site."""
    with Site(folder, kafka=kafka, prefix=prefix, database=database, clock_at=to_text(NOW)) as site:
        site.milepost("topics", "create")
        keys = set_up(site)
        site.start("archive", "projector", "ticker", "gateway", "worker-1")
        seen = Database(database)
        yield SmallSite(site, seen, keys["office"])
        seen.close()
