"""Answers in JSON, for everything but xAPI."""

from starlette.responses import JSONResponse, Response

from milepost.gateway.refusing import Refused


def json_refusal(refused: Refused) -> Response:
    """Return what was refused and why, as `{"error": {...}}`."""
    error = {"code": refused.reason, "message": refused.sentence}
    if refused.problems:
        return JSONResponse(
            {"error": {**error, "problems": [dict(problem) for problem in refused.problems]}},
            refused.status,
            headers=refused.headers,
        )
    return JSONResponse({"error": error}, refused.status, headers=refused.headers)
