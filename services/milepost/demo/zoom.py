"""The simulated Zoom: webhooks, signed as Zoom signs them."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from milepost.demo.sending import ANSWER_SECONDS, Refused, Say, run
from milepost.sources.zoom import signature
from milepost_schemas.instants import SECOND, to_datetime

ACCOUNT = "mP7kRz2QTmyb0vWcA"
HOST = "uLh3f0bTSvWx6q2Yk9QsQd"
NAMES = {
    "started": "meeting.started",
    "ended": "meeting.ended",
    "joined": "meeting.participant_joined",
    "left": "meeting.participant_left",
}

Json = dict[str, Any]


def build(address: str, key: str) -> Say:
    """Return what sends webhooks signed with this secret."""
    client = httpx.Client(base_url=address, timeout=ANSWER_SECONDS)

    def say(now: int, do: str, said: Json) -> tuple[str, ...]:
        body = json.dumps(webhook(do, said), separators=(",", ":"), ensure_ascii=False).encode()
        timestamp = str(now // SECOND)
        signed = {"x-zm-request-timestamp": timestamp, "x-zm-signature": signature(key, timestamp, body)}
        try:
            response = client.post(
                "/webhooks/zoom/zoom", content=body, headers={"content-type": "application/json", **signed}
            )
        except httpx.HTTPError as error:
            raise Refused(f"no answer: {error}") from error
        if response.is_error:
            raise Refused(response.text, response.status_code)
        return ()  # Zoom is told no id

    return say


def webhook(do: str, said: Json) -> Json:
    """Return an act as Zoom's message."""
    meeting: Json = {
        "id": str(said["meeting"]),
        "uuid": said["opening"],
        "host_id": HOST,
        "topic": said["topic"],
        "type": 8,
        "start_time": _text(said["start_at"]),
        "duration": 150,
        "timezone": said["zone"],
    }
    if do == "ended":
        meeting["end_time"] = _text(said["when"])
    if said["who"] is not None:
        meeting["participant"] = _participant(do, said)
    payload = {"account_id": ACCOUNT, "object": meeting}
    return {"event": NAMES[do], "event_ts": said["when"], "payload": payload}


def _participant(do: str, said: Json) -> Json:
    """Return who came or went: a host and an account's user have an id, a guest has a name alone."""
    who = said["who"]
    participant = {
        "user_id": who["user"],
        "user_name": who["name"],
        "participant_uuid": who["connection"],
        "id": HOST if who.get("host") else "",
        "email": who.get("mail", ""),
    }
    if do == "joined":
        return {**participant, "join_time": _text(said["when"])}
    reason = f"{who['name']} left the meeting.<br>Reason: left the meeting"
    return {**participant, "leave_time": _text(said["when"]), "leave_reason": reason}


def _text(at: int) -> str:
    """Return an instant as Zoom writes it: in UTC, in whole seconds."""
    moment: datetime = to_datetime(at).astimezone(ZoneInfo("UTC"))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    run(build)
