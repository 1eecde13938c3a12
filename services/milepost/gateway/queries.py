"""The parameters of requests: those of a GET for statements to a query, and back for the next page (Comm 2.1.3).

The address of the next page is the same query and the place where this page has ended. Nothing is remembered here, so
it works for as long as the statements are there, whatever is started anew meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from milepost.gateway.refusing import Refused
from milepost.sources.xapi import StatementRefused, decode, is_iri, is_uuid, moment, require_actor, require_agent
from milepost.sources.xapi.terms import ANY, Term, agent_term, registration_term
from milepost.store.querying import Place, Query, Wanted
from milepost.store.sources import Source
from milepost_schemas.instants import to_instant

AFTER = "after"
"""Where the page before has ended; only we write it."""

FILTERS = frozenset(
    {
        *("agent", "verb", "activity", "registration", "related_activities", "related_agents"),
        *("since", "until", "limit", "format", "attachments", "ascending", AFTER),
    }
)

MOST_IN_A_PAGE = 100

_place = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f-]{36})").fullmatch


def read_query(parameters: Mapping[str, str], source: Source) -> Query:
    """Return what a source asks for among its own statements; refuse a parameter whose value makes no sense."""
    return Query(
        tenant=source.tenant,
        authority=source.name,
        wanted=tuple(_wanted(parameters)) or (Wanted(ANY, plain=True),),
        since=read_instant(parameters, "since"),
        until=read_instant(parameters, "until"),
        ascending=read_flag(parameters, "ascending"),
        limit=_limit(parameters.get("limit", "0")),
        after=_after(parameters.get(AFTER)),
    )


def read_flag(parameters: Mapping[str, str], name: str) -> bool:
    """Return a parameter that is true or false; without it, false."""
    told = parameters.get(name, "false").lower()  # a client in Python says True
    if told not in ("true", "false"):
        raise _refused(name, "true or false")
    return told == "true"


def read_agent(parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the agent that must be asked about; a group is none."""
    agent: Mapping[str, Any] = _actor(parameters.get("agent", ""), require_agent, "an agent as JSON")
    return agent


def read_registration(parameters: Mapping[str, str]) -> str | None:
    """Return a registration, which is the same in capitals; None without it."""
    registration = parameters.get("registration")
    if registration is not None and not is_uuid(registration):
        raise _refused("registration", "a UUID")
    return registration and registration.lower()


def read_iri(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there, and an IRI."""
    text = parameters.get(name, "")
    if not is_iri(text):
        raise _refused(name, "an IRI with a scheme")
    return text


def read_instant(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter that is a moment; None without it."""
    if name not in parameters:
        return None
    at = moment(parameters[name].replace(" ", "T", 1))  # a client in Python says it with a blank, as RFC 3339 lets it
    if at is None:
        raise _refused(name, "an RFC 3339 timestamp with its zone")
    return to_instant(at)


def address_after(path: str, parameters: Mapping[str, str], last: Place | None) -> str:
    """Return the address of the next page, relative to the host; an empty text where there is none (Data 2.5)."""
    if last is None:
        return ""
    return f"{path}?{urlencode({**parameters, AFTER: f'{last.stored_at}.{last.statement_id}'})}"


def _wanted(parameters: Mapping[str, str]) -> Iterator[Wanted]:
    anywhere = {name: read_flag(parameters, f"related_{name}") for name in ("agents", "activities")}
    registration = read_registration(parameters)
    if registration is not None:
        yield Wanted(registration_term(registration), plain=True)
    if "agent" in parameters:
        yield Wanted(_agent(parameters["agent"]), plain=not anywhere["agents"])
    if "activity" in parameters:
        yield Wanted(Term("activity", read_iri(parameters, "activity")), plain=not anywhere["activities"])
    if "verb" in parameters:
        yield Wanted(Term("verb", read_iri(parameters, "verb")), plain=True)


def _agent(text: str) -> Term:
    term = agent_term(_actor(text, require_actor, "an agent or an identified group as JSON"))
    if term is None:
        raise _refused("agent", "an agent or an identified group as JSON")
    return term


def _actor(text: str, require: Callable[[object], None], what: str) -> Any:
    try:
        actor = decode(text.encode())
        require(actor)
    except (StatementRefused, UnicodeEncodeError) as error:
        words = str(error) if isinstance(error, StatementRefused) else "it is not UTF-8"
        raise _refused("agent", f"{what} ({words})") from error
    return actor


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise _refused("limit", "a whole number, where 0 means as many as are given at once")
    return min(int(text) or MOST_IN_A_PAGE, MOST_IN_A_PAGE)


def _after(text: str | None) -> Place | None:
    if text is None:
        return None
    found = _place(text)
    if found is None:
        raise _refused(AFTER, "as the address in `more` has it")
    return Place(int(found[1]), found[2])


def _refused(name: str, what: str) -> Refused:
    return Refused("bad_request", f"The query parameter {name} must be {what} (Comm 2).")
