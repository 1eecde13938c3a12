"""Whether the records of the site are being made anew: then a worker holds none, and takes none before that is over.

The catalog says it, and it outlives whoever began: nobody goes on with records of which only a part is new.
"""

import asyncio
from typing import Protocol

from milepost.broker.catalog_reader import CatalogReader
from milepost.tracker.catalogs import Catalogs

HELD = "records are being made anew (`milepost rebuild --records`)"


class Hold(Protocol):
    """Asked before any record is held; waited for as long as one is."""

    @property
    def is_on(self) -> bool:
        """Whether records are being made anew, as far as the catalog is read."""
        ...

    async def begun(self) -> None:
        """Wait until they are."""
        ...

    async def over(self) -> None:
        """Wait until they are not."""
        ...


class HoldOfCatalog:
    """What the catalog says."""

    def __init__(self, reader: CatalogReader, catalogs: Catalogs) -> None:
        """Ask these catalogs, which this reader teaches."""
        self._reader = reader
        self._catalogs = catalogs

    @property
    def is_on(self) -> bool:
        """Whether records are being made anew, as far as the catalog is read."""
        return self._catalogs.are_held

    async def begun(self) -> None:
        """Wait until they are; raise CatalogLost."""
        await self._reader.reached(lambda: self._catalogs.are_held)

    async def over(self) -> None:
        """Wait until they are not; raise CatalogLost."""
        await self._reader.reached(lambda: not self._catalogs.are_held)


class NoHold:
    """For stations that read no catalog."""

    is_on = False

    async def begun(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def over(self) -> None:
        """Return at once."""
