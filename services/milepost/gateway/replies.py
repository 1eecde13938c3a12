"""Answers in JSON, each a line: in a terminal, what comes next stands below it."""

from typing import Any

import msgspec
from starlette.responses import JSONResponse, Response

from milepost.gateway.refusing import Refused


class JsonLine(JSONResponse):
    """JSON with the end of its line."""

    def render(self, content: Any) -> bytes:
        """Return the text of the answer."""
        return msgspec.json.encode(content) + b"\n"


def json_refusal(refused: Refused) -> Response:
    """Return what was refused and why, as `{"error": {...}}`."""
    error = {"code": refused.reason, "message": refused.sentence}
    if refused.problems:
        return JsonLine(
            {"error": {**error, "problems": [dict(problem) for problem in refused.problems]}},
            refused.status,
            headers=refused.headers,
        )
    return JsonLine({"error": error}, refused.status, headers=refused.headers)
