"""Pages of long lists."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
"""Which page of a list an address asks for; a list has no more of them, and databases count no further than 2^63."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list a page is."""

    page: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        """The number of the first row of this page, from 1."""
        return min((self.page - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last row of this page."""
        return min(self.page * self.size, self.total)
