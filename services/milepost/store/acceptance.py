"""Acceptance: the way in that gateway and console share. What it answers with is kept, whatever happens afterwards.

Embedded, and for what people say on pages, a commit keeps it (`GroupCommit`); a gateway on Kafka hands it to the topic
of raw messages, from where the archive takes it into the store.
"""

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol

from milepost.store.submission import Outcome
from milepost_schemas.submissions import Refusal, Submission


class NotAccepted(RuntimeError):
    """Nothing was promised about a submission: send it again, later or smaller."""


class AcceptanceClosed(NotAccepted):
    """The server is going down and takes nothing more."""


class AcceptanceFull(NotAccepted):
    """More is under way already than this process has room for."""


class NotAcknowledged(NotAccepted):
    """Nobody said in time that it is kept. It may be kept all the same, and sent again it is recognized."""


class TooLate(NotAccepted):
    """It could not be written in time, and nothing of it was kept: time may have moved past its stamp. Say it again."""


class SubmissionTooLarge(NotAccepted):
    """It is larger than what can be kept as one: send it in parts."""


class Acceptance(Protocol):
    """Takes submissions from any thread, in the order in which they come."""

    @property
    def is_exact(self) -> bool:
        """Whether what was answered can be read in the store from then on; if not, it can some moments later."""
        ...

    def receiving(self) -> AbstractContextManager[int]:
        """Give the `received_at` of a request, and hold back the ticker until the request is through.

        Enter when the whole body has been read, and submit before leaving; between the two nothing may wait for anybody
        but us.
        """
        ...

    def waits(self) -> bool:
        """Say whether `submit` would wait for the database at the moment."""
        ...

    def submit(self, submission: Submission, *, may_wait: bool = True) -> "Future[Outcome]":
        """Have a submission accepted; the answer comes once it is kept. In a coroutine: `asyncio.wrap_future`.

        With `may_wait` false it does not wait for the database, whatever `waits` has said. Raise NotAccepted where it
        is not even tried. Where the future raises, nothing was promised.
        """
        ...

    def refuse(self, refusal: Refusal) -> "Future[None]":
        """Have a refused request kept for who looks at its source."""
        ...

    def consistent_through(self) -> int:
        """Return the latest known moment up to which every statement that was stored can be read."""
        ...

    def close(self) -> None:
        """Answer what was submitted, and take nothing more."""
        ...
