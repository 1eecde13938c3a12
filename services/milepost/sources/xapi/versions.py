"""Which version of the specification a request follows, as its header says (Comm 3.3)."""

from typing import Literal

from milepost.sources.xapi.formats import is_version_1, is_version_2
from milepost.sources.xapi.refusal import NOTHING, StatementRefused

HEADER = "X-Experience-API-Version"

Version = Literal["1.0.3", "2.0.0"]
"""The latest patch of each version that is spoken: what a response carries in that header."""

ASSUMED: Version = "1.0.3"
"""In which a request is answered that says no version, or one that is not spoken."""


def answered_in(header: str | None) -> Version:
    """Return the version that the answer follows, whatever the request says."""
    try:
        return negotiate(header)
    except StatementRefused:
        return ASSUMED


def negotiate(header: str | None) -> Version:
    """Return the version that a request follows: 1.0.3 for `1.0` and any `1.0.x`, 2.0.0 for `2.0` and any `2.0.x`.

    Raise `StatementRefused`, with the name of the header as its path, where the header is missing or names another
    version; what it says is the text of the 400.
    """
    if header is None:
        raise StatementRefused("every request must say its version, e.g. 1.0.3 (Comm 3.3)", NOTHING, path=HEADER)
    if is_version_1(header):
        return "1.0.3"
    if is_version_2(header):
        return "2.0.0"
    raise StatementRefused("only 1.0.x and 2.0.x are spoken here (Comm 3.3)", header, path=HEADER)
