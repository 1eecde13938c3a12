"""Who an actor is: one identifier for a person however it is written, none for nobody."""

from hashlib import sha1
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.xapi import (
    account_identifier,
    actor_identifiers,
    address_identifier,
    other_address_identifiers,
    other_identifiers,
)
from tests.sources.xapi.examples import group


def hashed(text: str) -> str:
    return sha1(text.encode()).hexdigest()


ANA = f"sha1:{hashed('mailto:ana@clinic.example')}"
BARE = f"sha1:{hashed('ana@clinic.example')}"


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:ana@clinic.example"},
        {"mbox": "mailto:ana@Clinic.Example", "name": "Ana", "objectType": "Agent"},
        {"mbox_sha1sum": hashed("mailto:ana@clinic.example")},
        {"mbox_sha1sum": hashed("mailto:ana@clinic.example").upper()},
        {"mbox": "ana@clinic.example"},
    ],
)
def test_an_address_and_its_hash_are_one_person(actor: dict[str, Any]) -> None:
    assert actor_identifiers(actor) == (ANA,)


def test_the_hash_of_the_bare_address_is_known_beside_the_address() -> None:
    assert actor_identifiers({"mbox_sha1sum": hashed("ana@clinic.example")}) == (BARE,)
    assert other_identifiers({"mbox": "mailto:ana@clinic.example"}) == (BARE,)


def test_hashes_with_the_domain_as_it_came_are_known_too() -> None:
    others = other_address_identifiers("ana@Clinic.example")

    assert others == (
        BARE,
        f"sha1:{hashed('mailto:ana@Clinic.example')}",
        f"sha1:{hashed('ana@Clinic.example')}",
    )


def test_nothing_else_is_known_of_a_hash_or_of_no_address() -> None:
    assert other_identifiers({"mbox_sha1sum": "ab" * 20}) == ()
    assert other_address_identifiers("Ana") == ()


def test_the_local_part_is_another_person_in_another_case() -> None:
    assert address_identifier("Ana@clinic.example") != address_identifier("ana@clinic.example")


@pytest.mark.parametrize("address", ["ana@clinic.example", "mailto:ana@clinic.example", " ana@CLINIC.example "])
def test_an_address_is_known_with_and_without_its_scheme(address: str) -> None:
    assert address_identifier(address) == ANA


@pytest.mark.parametrize("address", ["", "Ana", "ana@", "a b@c.example", "ana@clinic.example, ben@clinic.example"])
def test_what_is_no_address_is_nobodys(address: str) -> None:
    assert address_identifier(address) is None


@pytest.mark.parametrize(
    "home_page",
    [
        "http://LMS.clinic.example",
        "https://lms.clinic.example/",
        "https://lms.clinic.example:443",
        "http://lms.clinic.example:80//",
        "HTTPS://lms.clinic.example",
    ],
)
def test_an_account_is_one_however_its_home_page_is_written(home_page: str) -> None:
    actor = {"account": {"homePage": home_page, "name": "42"}}

    assert actor_identifiers(actor) == ("account:lms.clinic.example|42",)


@pytest.mark.parametrize(
    ("home_page", "name", "identifier"),
    [
        ("https://a.example/Moodle/", "Ana", "account:a.example/Moodle|Ana"),
        ("https://a.example:8443/", "ana", "account:a.example:8443|ana"),
        ("https://a.example/?site=1", "1", "account:a.example?site=1|1"),
        ("https://a.example/#b", "1", "account:a.example#b|1"),
        ("https://[2001:DB8::1]:8080/", "1", "account:[2001:db8::1]:8080|1"),
        ("urn:clinic:LMS", "1", "account:urn:clinic:LMS|1"),
        ("https://a.example:port/", "1", "account:https://a.example:port/|1"),
        ("https://[a.example/", "1", "account:https://[a.example/|1"),
    ],
)
def test_what_tells_home_pages_apart_is_kept(home_page: str, name: str, identifier: str) -> None:
    assert account_identifier(home_page, name) == identifier


def test_an_openid_is_known_without_its_scheme() -> None:
    assert actor_identifiers({"openid": "https://Ana.example/"}) == ("openid:ana.example",)


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:unknown@example.com"},
        {"mbox": "mailto:NoReply@clinic.example"},
        {"mbox_sha1sum": hashed("mailto:unknown@example.com")},
        {"mbox_sha1sum": hashed("unknown@example.com").upper()},
        {"account": {"homePage": "https://bbb.example", "name": "<unknown>"}},
        {"account": {"homePage": "https://bbb.example", "name": " Unknown "}},
        {"account": {"homePage": "https://bbb.example", "name": ""}},
        {"account": {"homePage": "https://bbb.example", "name": "<Anything>"}},
        {"name": "Ana"},
    ],
)
def test_a_placeholder_and_a_name_alone_are_nobody(actor: dict[str, Any]) -> None:
    assert actor_identifiers(actor) == ()


def test_nothing_else_is_known_of_a_placeholder() -> None:
    assert other_identifiers({"mbox": "mailto:unknown@example.com"}) == ()


def test_a_group_is_its_members_each_once() -> None:
    ben = {"account": {"homePage": "https://lms.clinic.example", "name": "42"}}
    nobody = {"mbox": "mailto:unknown@example.com"}
    team = group(
        {"mbox": "mailto:ana@clinic.example"},
        nobody,
        ben,
        {"mbox": "mailto:ana@CLINIC.example"},
        mbox="mailto:team@x.example",
    )

    assert actor_identifiers(team) == (ANA, "account:lms.clinic.example|42")
    assert actor_identifiers({"objectType": "Group", "mbox": "mailto:team@x.example"}) == ()


words = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)


@given(words, words)
def test_every_spelling_of_an_address_that_can_meet_does(local_part: str, domain: str) -> None:
    address = f"{local_part}@{domain}.example"
    mine = {address_identifier(address), *other_address_identifiers(address)}

    for known in (address, f"mailto:{address}", f"{local_part}@{domain.lower()}.example"):
        for digest in (hashed(known),):
            assert set(actor_identifiers({"mbox_sha1sum": digest})) <= mine
