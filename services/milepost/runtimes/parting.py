"""The end of a connection on which something is still coming: not before its sender had time to read the answer.

To close it at once makes the system at the other end forget what was said (a reset): a sender would try a body that is
too large again and again, and never hear why it is refused.
"""

import asyncio
from collections.abc import Callable

from milepost.runtimes.joined_answers import JoinedAnswers


class PartingAnswers(JoinedAnswers):
    """A transport that at its end says that nothing follows, and throws away what comes until the other side ends."""

    def __init__(self, transport: asyncio.Transport, *, seconds: float, is_all_read: Callable[[], bool]) -> None:
        """Write to this transport; it is closed at once where `is_all_read` says that nothing is still to come."""
        super().__init__(transport)
        self._seconds = seconds
        self._is_all_read = is_all_read
        self._end: asyncio.TimerHandle | None = None

    @property
    def is_parting(self) -> bool:
        """Whether all is said, and what comes now is of no use."""
        return self._end is not None

    def close(self) -> None:
        """Close the connection after what was written; the second time at once."""
        if self.is_parting or self._is_all_read() or not self._transport.can_write_eof():
            super().close()
            return
        self.flush()
        self._end = asyncio.get_running_loop().call_later(self._seconds, self._transport.close)
        self._transport.write_eof()
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """Say whether nothing more is answered."""
        return self.is_parting or self._transport.is_closing()

    def forget(self) -> None:
        """Wait for nothing more: the connection is gone."""
        if self._end is not None:
            self._end.cancel()
