"""Holding the records of a site, so that they can be made anew: no worker keeps any meanwhile, or takes any.

The catalog says it. Whoever reads it there leaves the group, and waits until it is said to be over. It outlives the
process that said it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from milepost.broker.catalog_reader import catalog_message
from milepost.broker.outbox import Outbox
from milepost.broker.reading import read_topic
from milepost.clock import Clock
from milepost.runtimes.rebuilding import RebuildFailed
from milepost.settings import Settings
from milepost.tracker.catalogs import Catalogs
from milepost_schemas.messages import HoldStated
from milepost_schemas.topics import Topic, address, encode


class Hold:
    """What is said of the records."""

    def __init__(self, outbox: Outbox, clock: Clock, stated: HoldStated | None) -> None:
        """Go on from what was said last."""
        self._outbox = outbox
        self._clock = clock
        self.is_partly = stated is not None and stated.held and stated.partly

    def take(self) -> None:
        """Say that they are held."""
        self._state(held=True)

    def begin(self) -> None:
        """Say that from now on only a part of them may be new."""
        self.is_partly = True
        self._state(held=True)

    def end(self) -> None:
        """Say that the workers may have them."""
        self.is_partly = False
        self._state(held=False)

    def _state(self, *, held: bool) -> None:
        stated = HoldStated(held=held, partly=self.is_partly, at=self._clock.now())
        to = address(stated)
        self._outbox.send(to.topic, 0, to.key.encode(), encode(stated))
        self._outbox.settle()


def hold_until_rebuilt(settings: Settings, clock: Clock) -> None:
    """Hold the records until `milepost rebuild --records` has made all of them."""
    with Outbox(settings, "rebuild") as outbox:
        Hold(outbox, clock, None).begin()


@contextmanager
def held(settings: Settings, outbox: Outbox, clock: Clock) -> Iterator[Hold]:
    """Hold the records until the end; after an error that leaves a part of them new they stay held.

    Then raise RebuildFailed, which says so.
    """
    hold = Hold(outbox, clock, _stated(settings))
    hold.take()
    try:
        yield hold
    except BaseException as error:
        if not hold.is_partly:
            hold.end()
            raise
        raise RebuildFailed(
            f"{str(error) or type(error).__name__}. Only a part of the records is new, and no worker takes any before "
            "all of them are: say `milepost rebuild --records` again"
        ) from error
    hold.end()


def _stated(settings: Settings) -> HoldStated | None:
    """Return what was said last."""
    catalogs = Catalogs()
    for received in read_topic(settings, Topic.CATALOG):
        message = catalog_message(received.value, offset=received.offset)
        if message is not None:
            catalogs.learn(message)
    return catalogs.hold
