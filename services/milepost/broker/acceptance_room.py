"""How much may be under way to Kafka at once, so that a gateway whose Kafka is away does not grow without end."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar

from milepost.broker.acceptance_metrics import AcceptanceMetrics
from milepost.store.acceptance import AcceptanceClosed, AcceptanceFull

MEBIBYTE = 1024 * 1024


class Sized(Protocol):
    """Something that takes room."""

    size: int


S = TypeVar("S", bound=Sized)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages, and how many bytes of them, may be under way at once."""

    messages: int = 5_000
    octets: int = 96 * MEBIBYTE


class Room(Generic[S]):
    """What is under way; it enters from any thread, and leaves once it is known what became of it."""

    def __init__(self, limits: Limits, metrics: AcceptanceMetrics) -> None:
        """Hold so much at most, and show it in these metrics."""
        self._limits = limits
        self._inside: dict[int, S] = {}
        self._octets = 0
        metrics.under_way.set_function(lambda: len(self._inside))
        metrics.under_way_bytes.set_function(lambda: self._octets)
        self._is_closed = False
        self._lock = Lock()

    def require_some(self) -> None:
        """Raise AcceptanceFull or AcceptanceClosed where not even the smallest could enter."""
        if self._is_closed:
            raise AcceptanceClosed("the server is going down; send it again later")
        if len(self._inside) >= self._limits.messages or self._octets >= self._limits.octets:
            raise AcceptanceFull("too much is under way to Kafka already")

    def enter(self, work: S) -> None:
        """Count it as under way; raise AcceptanceFull where it does not fit, AcceptanceClosed after the end."""
        with self._lock:
            self.require_some()
            if self._inside and self._octets + work.size > self._limits.octets:
                raise AcceptanceFull("too much is under way to Kafka already")
            self._inside[id(work)] = work
            self._octets += work.size

    def leave(self, work: S) -> None:
        """Count it no more; what has left already changes nothing."""
        with self._lock:
            if self._inside.pop(id(work), None) is not None:
                self._octets -= work.size

    def under_way(self) -> Sequence[S]:
        """Return what is inside now."""
        with self._lock:
            return list(self._inside.values())

    def close(self) -> Sequence[S]:
        """Let nothing in any more; return what is still inside."""
        with self._lock:
            self._is_closed = True
            return list(self._inside.values())
