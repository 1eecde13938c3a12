"""The simulated training office: posts facts, and looks after guests on the page of what is unmatched."""

import os
from typing import Any

import httpx

from milepost.demo.learner import PROGRAM
from milepost.demo.lms import LMS
from milepost.demo.places import COURSE
from milepost.demo.sending import ACCOUNT_KEY, ANSWER_SECONDS, PAGES, Answer, Refused, Say, run
from milepost_schemas.instants import to_text

LINK = "link_guest"
"""What is done on a page, by hand, and no message."""

SESSION = "1"
"""Every offering of the demo has one session."""

Json = dict[str, Any]


def build(address: str, key: str) -> Say:
    """Return what posts facts with this key."""
    client = httpx.Client(base_url=address, timeout=ANSWER_SECONDS)
    pages = _pages(address)

    def say(now: int, do: str, said: Json) -> tuple[str, ...]:
        del now
        try:
            if do == LINK:
                _link(pages, said)
                return ()
            response = client.post("/v1/facts", json=fact(do, said), headers={"authorization": f"Bearer {key}"})
        except httpx.HTTPStatusError as error:
            raise Refused(error.response.text, error.response.status_code) from error
        except httpx.HTTPError as error:
            raise Refused(f"no answer: {error}") from error
        if response.is_error:
            raise Refused(response.text, response.status_code)
        return tuple(response.json()["facts"])

    return say


def post_fact(address: str, key: str, item: Json) -> Answer:
    """Post one fact with the key of a source, and return what became of it."""
    headers = {"authorization": f"Bearer {key}"}
    try:
        response = httpx.post(f"{address}/v1/facts", json=item, headers=headers, timeout=ANSWER_SECONDS)
    except httpx.HTTPError as error:
        return Answer(problem=f"no answer: {error}")
    if response.is_error:
        return Answer(problem=response.text, status=response.status_code)
    return Answer(tuple(response.json()["facts"]))


def fact(do: str, said: Json) -> Json:
    """Return an act as a fact, with an id of the office's own, so that it is the same when it is sent again."""
    kind, told = _what(do, said)
    named = ":".join(str(said[key]) for key in ("mail", "offering", "sequence", "number", "when") if key in said)
    return {"type": kind, "id": f"{do}:{named}", "occurred_at": to_text(said["when"]), **told}


def _what(do: str, said: Json) -> tuple[str, Json]:
    match do:
        case "enroll":
            person = {**_person(said), "identities": [{"account": {"home_page": LMS, "name": said["account"]}}]}
            told = {"person": person, "program": PROGRAM, "cohort": said["cohort"], "zone": said["zone"]}
            return "learner_enrolled", told
        case "withdraw":
            return "learner_withdrawn", {
                "person": _person(said),
                "program": PROGRAM,
                "reason": "Moved to another plant",
            }
        case "describe":
            return "person_described", {"person": {**_person(said), "identities": [{"mail": said["private"]}]}}
        case "seat":
            told = {"person": _person(said), "offering": said["offering"], "state": said["state"]}
            return "seat_changed", {**told, "canceled_by": said["canceled_by"]} if "canceled_by" in said else told
        case "excuse":
            return "seat_excused", {"person": _person(said), "offering": said["offering"], "reason": said["reason"]}
        case "mark":
            place = {"offering": said["offering"], "session": SESSION, "channel": "room"}
            mark = {"mark": said["mark"], "by": "sheet", "reason": said["reason"]}
            return "attendance_marked", {"person": _person(said), **place, **mark}
        case "sign_off":
            told = {"program": PROGRAM, "step": "on-the-job", "role": said["role"]}
            return "observation_signed_off", {"person": _person(said), **told}
        case "sheet":
            place = {"offering": said["offering"], "session": SESSION, "channel": "room"}
            return "sheet_submitted", {**place, **{mark: said[mark] for mark in ("present", "partial", "absent")}}
        case "schedule":
            return "offering_scheduled", _schedule(said)
        case _:
            raise ValueError(f"the office does not know how to say {do}")


def _person(said: Json) -> Json:
    return {"name": said["name"], "mail": said["mail"]}


def _schedule(said: Json) -> Json:
    channels = [
        {"name": "room", "source": "sheet"},
        {"name": "remote", "source": "zoom", "meeting": said["meeting"]},
    ]
    session = {
        "session": SESSION,
        "start_at": to_text(said["start_at"]),
        "end_at": to_text(said["end_at"]),
        "zone": said["zone"],
        "canceled": said["canceled"],
        "channels": channels,
        "instructors": [said["instructor"]],
    }
    return {
        "offering": said["offering"],
        "course": COURSE,
        "sequence": said["sequence"],
        "title": said["title"],
        "capacity": 6,
        "sessions": [session],
    }


def _pages(address: str) -> httpx.Client:
    """Return what asks the pages, where they are, with the key of an account if they need one."""
    key = os.environ.get(ACCOUNT_KEY)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=os.environ.get(PAGES, address), timeout=ANSWER_SECONDS, headers=headers)


def _link(client: httpx.Client, said: Json) -> None:
    """Find a guest by the name that they gave, and link them; somebody who watches may have done so already."""
    strangers = client.get("/v1/unmatched").raise_for_status().json()["participants"]
    guests = [
        one["identity"]["identifier"]
        for one in strangers
        if one["identity"]["label"] == said["guest"]
        and any(sighting["offering"] == said["offering"] for sighting in one["sightings"])
    ]
    found = client.get("/v1/learners", params={"q": said["mail"]}).raise_for_status().json()
    learners = [one["learner"] for one in found["learners"]]
    if guests and not learners:
        raise Refused(f"nobody with the address {said['mail']} is on a program yet")
    for identifier in guests[:1]:
        command = {"do": "link", "learner": learners[0]}
        client.post(f"/v1/unmatched/{identifier}", json=command).raise_for_status()


if __name__ == "__main__":
    run(build)
