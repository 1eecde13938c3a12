"""Which version of the specification a request follows, as its header says (Comm 3.3)."""

from milepost.sources.xapi.formats import is_version
from milepost.sources.xapi.refusal import NOTHING, StatementRefused

HEADER = "X-Experience-API-Version"

LATEST = "1.0.3"
"""What every response carries in that header."""


def negotiate(header: str | None) -> str:
    """Return the version that a request follows: `1.0` is read as 1.0.0, any `1.0.x` is itself.

    Raise `StatementRefused`, with the name of the header as its path, where the header is missing or names another
    version; what it says is the text of the 400.
    """
    if header is None:
        raise StatementRefused(f"every request must say its version, e.g. {LATEST} (Comm 3.3)", NOTHING, path=HEADER)
    if header == "1.0":
        return "1.0.0"
    if not is_version(header):
        raise StatementRefused(
            f"only 1.0 and 1.0.x are spoken here, the latest is {LATEST} (Comm 3.3)", header, path=HEADER
        )
    return header
