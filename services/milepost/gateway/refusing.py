"""What a request is refused by: a status, a reason of a closed set, and a sentence that the sender can act on."""

from collections.abc import Mapping
from typing import Any, Literal

Reason = Literal[
    "unauthenticated",
    "forbidden",
    "too_slow",
    "too_large",
    "too_many",
    "wrong_type",
    "bad_request",
    "bad_content",
    "conflict",
    "precondition_failed",
    "not_found",
    "not_served",
    "not_allowed",
    "bad_signature",
    "store_unavailable",
]
"""The label of a refusal in the metrics and the log."""

STATUSES: Mapping[Reason, int] = {
    "unauthenticated": 401,
    "forbidden": 403,
    "too_slow": 408,
    "too_large": 413,
    "too_many": 429,
    "wrong_type": 415,
    "bad_request": 400,
    "bad_content": 400,
    "conflict": 409,
    "precondition_failed": 412,
    "not_found": 404,
    "not_served": 501,
    "not_allowed": 405,
    "bad_signature": 401,
    "store_unavailable": 503,
}

NOT_KEPT = (429, 503)
"""What says nothing about the request itself: it comes again, and is not kept for who looks at the source."""

RETRY_AFTER_SECONDS = 10


class Refused(Exception):
    """A request is answered with less than it asked for; the message is for the sender."""

    def __init__(
        self, reason: Reason, sentence: str, *, status: int | None = None, problems: tuple[Mapping[str, Any], ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.status = STATUSES[reason] if status is None else status
        self.problems = problems

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that belong to this answer."""
        if self.reason == "unauthenticated":
            return {"WWW-Authenticate": 'Basic realm="Milepost", charset="UTF-8"'}
        if self.reason == "store_unavailable":
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        if self.reason in ("too_slow", "too_large"):
            return {"Connection": "close"}  # what is still to come of the body, nobody reads
        return {}


def store_unavailable() -> Refused:
    """Return that nothing can be promised now, and that it is worth sending it again."""
    return Refused("store_unavailable", "The store cannot be reached at the moment. Send this again later.")


class TooMany(Refused):
    """A source has sent more than its share; it may go on after these seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "too_many", f"This source sends more than its share. Go on after {seconds} seconds (see Retry-After)."
        )
        self._seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        """Return when it may go on."""
        return {"Retry-After": str(self._seconds)}


def too_large_as_one() -> Refused:
    """Return that nothing was kept, and will not be until it comes in parts."""
    return Refused(
        "too_large",
        "With all that follows from it, this is too large to be kept as one, so nothing was kept. Send it in several.",
    )
