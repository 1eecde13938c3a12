"""What a request is refused by: a status, a reason of a closed set, and a sentence that the sender can act on."""

from collections.abc import Mapping
from typing import Any, Literal

Reason = Literal[
    "unauthenticated",
    "forbidden",
    "too_large",
    "wrong_type",
    "bad_request",
    "bad_content",
    "conflict",
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
    "too_large": 413,
    "wrong_type": 415,
    "bad_request": 400,
    "bad_content": 400,
    "conflict": 409,
    "not_found": 404,
    "not_served": 501,
    "not_allowed": 405,
    "bad_signature": 401,
    "store_unavailable": 503,
}

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
        return {}


def store_unavailable() -> Refused:
    """Return that nothing was kept, and that it is worth sending it again."""
    return Refused("store_unavailable", "Nothing was kept: the store cannot write at the moment. Send it again later.")
