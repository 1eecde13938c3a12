"""The acceptance that commits: many requests at once, one writer, few commits; the answer comes after the commit."""

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock, Thread
from time import perf_counter
from typing import Any

from milepost.clock import Clock
from milepost.store.acceptance import AcceptanceClosed, TooLate
from milepost.store.accepting import Request, accept_all
from milepost.store.arrivals import Arrivals
from milepost.store.database import Database, is_away
from milepost.store.submission import Outcome
from milepost_schemas.submissions import Refusal, Submission

MOST_AT_ONCE = 200
"""How many requests one commit carries."""

LOOK_BACK = (0, 10, 50, 250, 1_000, 5_000, 30_000, 120_000)
"""How many milliseconds before now are tried, until nothing stamped before is under way."""


class _Work:
    """A request to be written, and who waits for it."""

    def __init__(self, request: Request, token: int) -> None:
        self.request = request
        self.token = token
        self.future: Future[Any] = Future()


class GroupCommit:
    """Takes submissions from any thread and commits them to the database in groups, in the order in which they came."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        committed: Callable[[float], None] = lambda _: None,
        within: int | None = None,
    ) -> None:
        """Write to this database; call `committed` after each commit with its seconds, from the writer's thread.

        `within` is how many milliseconds after its stamp something may still be written: where the ticker is another
        process, which cannot see what is under way here, it counts on that.
        """
        self.arrivals = Arrivals(clock)
        self._clock = clock
        self._within = within
        self._database = database
        self._committed = committed
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closed = False
        self._entering = Lock()
        """Nothing enters the queue behind its end: nobody would answer it."""

        self._thread = Thread(target=self._run, name="milepost-acceptance", daemon=True)
        self._thread.start()

    @property
    def is_exact(self) -> bool:
        """Everything that was answered is in the database."""
        return True

    @contextmanager
    def receiving(self) -> Iterator[int]:
        """Give the `received_at` of a request, and hold back the ticker until the request is through."""
        with self.arrivals.receiving() as received_at:
            yield received_at

    def waits(self) -> bool:
        """Only the writer waits for the database."""
        return False

    def submit(self, submission: Submission, *, may_wait: bool = True) -> "Future[Outcome]":  # noqa: ARG002
        """Have a submission accepted; the answer comes after its commit.

        The future raises what the database raises: then nothing of it was kept.
        """
        return self._put(submission)

    def refuse(self, refusal: Refusal) -> "Future[None]":
        """Have a refused request kept for who looks at its source."""
        return self._put(refusal)

    def consistent_through(self) -> int:
        """Return the latest moment up to which every statement that was stored can be read; near now even when idle."""
        now = self.arrivals.sample()
        for back in LOOK_BACK:
            if self.arrivals.settled(now - back + 1, timeout=0):
                return now - back
        return now - LOOK_BACK[-1]

    def close(self) -> None:
        """Write what was submitted, and take nothing more."""
        with self._entering:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _put(self, request: Request) -> "Future[Any]":
        with self._entering:
            if self._closed:
                raise AcceptanceClosed("the server is going down; send it again later")
            work = _Work(request, self.arrivals.hold(request.received_at))
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
                results = accept_all(connection, [work.request for work in group])
                self._require_in_time(group)
        except BaseException as error:
            self._failed(group, error)
            return
        for work, result in zip(group, results, strict=True):
            self._answer(work, result=result)
        self._committed(perf_counter() - begun)

    def _require_in_time(self, group: Sequence[_Work]) -> None:
        oldest = min(work.request.received_at for work in group)
        if self._within is not None and self._clock.now() - oldest > self._within:
            raise TooLate("the database took too long; nothing was kept, so please do it again")

    def _failed(self, group: Sequence[_Work], error: BaseException) -> None:
        """Nothing of the group was kept: write each alone, so that one cannot spoil the others."""
        if is_away(error):  # then none of them can be written, and each would wait for that to show
            for work in group:
                self._answer(work, error=error)
            return
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
