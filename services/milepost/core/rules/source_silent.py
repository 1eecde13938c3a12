"""Source silent: a source with a rhythm has said nothing for longer than is normal for it.

Conclusions about absence that it feeds are on hold until it speaks again.
"""

from collections.abc import Iterator

from milepost.core.clock import Clock
from milepost.core.gap import Breach, Finding, Place
from milepost.core.source import SourceStanding
from milepost_schemas.instants import MINUTE
from milepost_schemas.words import Audience

TITLE = "Source silent"
WHY = "{source} has been silent since {last_heard_at}; conclusions about absence that it feeds are on hold."
CLOSES_WHEN = "Closes at its next sign of life."
TOLD: tuple[Audience, ...] = ("data_admin",)


def find(source: SourceStanding, clock: Clock) -> Iterator[Finding]:
    """Yield the breach of a source past its rhythm, by our own clock, and the latest one that a sign of life ended."""
    if source.rhythm is None:
        return
    for silence in source.silences:
        since = silence.began_at + source.rhythm * MINUTE
        if silence.ended is None and not clock.reached(since, (), silence.known_at):
            continue
        yield Breach(
            place=Place(),
            since=since,
            severity="critical",
            shown_by=(silence.last_sign,),
            ended=silence.ended,
            values={"source": source.name, "last_heard_at": silence.began_at},
        )
