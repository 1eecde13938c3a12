"""Acceptance: many requests at once, one writer, few commits; nobody is answered before their commit is on the disk."""

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import Connection

from milepost.clock import Clock
from milepost.store.accepting import accept, refuse
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database
from milepost.store.submission import Outcome, Refusal, Submission

T = TypeVar("T")

Committed = Callable[[float], None]

MOST_AT_ONCE = 200
"""How many requests one commit carries."""


class AcceptanceClosed(RuntimeError):
    """The server is going down and takes nothing more."""


class _Work:
    """Something to be written, who waits for it, and since when it counts as received."""

    def __init__(self, write: Callable[[Connection], Any], token: int) -> None:
        self.write = write
        self.token = token
        self.future: Future[Any] = Future()


class Acceptance:
    """Takes submissions from any thread and commits them in groups, in the order in which they came."""

    def __init__(
        self, database: Database, clock: Clock, *, committed: Callable[[float], None] = lambda _: None
    ) -> None:
        """Write to this database; call `committed` after each commit with its seconds, from the writer's thread."""
        self.arrivals = Arrivals(clock)
        self._database = database
        self._committed = committed
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._run, name="milepost-acceptance", daemon=True)
        self._thread.start()

    @contextmanager
    def receiving(self) -> Iterator[int]:
        """Give the `received_at` of a request, and hold back the ticker until the request is through.

        Enter when the whole body has been read, and submit before leaving; between the two nothing may wait for anybody
        but us.
        """
        with self.arrivals.receiving() as received_at:
            yield received_at

    def submit(self, submission: Submission) -> "Future[Outcome]":
        """Have a submission accepted; the answer comes after its commit. In a coroutine: `asyncio.wrap_future`.

        The future raises what the database raises: then nothing of it was kept.
        """
        return self._put(lambda connection: accept(connection, submission), submission.received_at)

    def refuse(self, refusal: Refusal) -> "Future[None]":
        """Have a refused request kept for who looks at its source."""
        return self._put(lambda connection: refuse(connection, refusal), refusal.received_at)

    def close(self) -> None:
        """Write what was submitted, and take nothing more."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _put(self, write: Callable[[Connection], T], received_at: int) -> "Future[T]":
        if self._closed:
            raise AcceptanceClosed("the server is going down; send it again later")
        work = _Work(write, self.arrivals.hold(received_at))
        self._queue.put(work)
        return work.future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, ends = self._more(first)
            self._write(group)
            if ends:
                return

    def _more(self, first: _Work) -> tuple[list[_Work], bool]:
        group = [first]
        while len(group) < MOST_AT_ONCE:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return group, False
            if work is None:
                return group, True
            group.append(work)
        return group, False

    def _write(self, group: Sequence[_Work]) -> None:
        begun = perf_counter()
        try:
            with self._database.writing() as connection:
                results = [work.write(connection) for work in group]
        except BaseException as error:
            self._failed(group, error)
            return
        for work, result in zip(group, results, strict=True):
            self._answer(work, result=result)
        self._committed(perf_counter() - begun)

    def _failed(self, group: Sequence[_Work], error: BaseException) -> None:
        """Nothing of the group was kept: write each alone, so that one cannot spoil the others."""
        if len(group) > 1:
            for work in group:
                self._write([work])
            return
        self._answer(group[0], error=error)

    def _answer(self, work: _Work, *, result: object = None, error: BaseException | None = None) -> None:
        self.arrivals.release(work.token)
        if not work.future.set_running_or_notify_cancel():
            return  # whoever asked has gone; it is kept all the same, as a repetition would be
        if error is not None:
            work.future.set_exception(error)
        else:
            work.future.set_result(result)
