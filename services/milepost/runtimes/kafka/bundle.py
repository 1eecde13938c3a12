"""Messages of one partition that came together, carried through Faust as one.

Faust makes an event of each message, and passes it through queues, sensors, codecs and locks; for most messages that
costs more than what they are about. So what a fetch has brought of a partition goes through in bundles: to Faust a
bundle is one message, whose value is the records in their order. It is acknowledged as a whole, when all of it is done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import faust
from faust.types import TP
from faust.types.tuples import ConsumerMessage, Message

MOST_IN_A_BUNDLE = 500


class Bundle(ConsumerMessage):
    """Records of one partition in their order, at least one; its offset is that of the last."""

    __slots__ = ("first",)

    first: int
    """The offset of the first record."""

    def __init__(self, tp: TP, records: Sequence[Any], *, generation: int) -> None:
        """Carry records as the client has read them, for who holds the partition in this generation."""
        last, unknown = records[-1], None
        super().__init__(
            *(tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type),
            headers=unknown,
            key=unknown,
            value=records,  # type: ignore[arg-type]
            checksum=unknown,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=generation,
        )
        self.first = records[0].offset

    @property
    def records(self) -> Sequence[Any]:
        """The records, as the client has read them."""
        return self.value  # type: ignore[return-value]

    @property
    def offsets(self) -> range:
        """From the offset of the first record to that of the last."""
        return range(self.first, self.offset + 1)


def in_turns(records: Mapping[TP, Sequence[Any]]) -> Iterator[tuple[TP, Sequence[Any]]]:
    """Yield what came of each partition in parts of bounded size, the partitions in turns."""
    longest = max((len(found) for found in records.values()), default=0)
    for begin in range(0, longest, MOST_IN_A_BUNDLE):
        for tp, found in records.items():
            if part := found[begin : begin + MOST_IN_A_BUNDLE]:
                yield tp, part


class Bundled(faust.Schema[Any, Any]):
    """Hands bundles to streams and tables as they are: what is in them is bytes, and stays so."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Any]:
        """Return what puts a bundle into an event."""

        async def decode(message: Message, *, propagate: bool = False) -> Any:  # noqa: ARG001 - as Faust calls it
            return app.create_event(None, message.value, None, message)

        return decode
