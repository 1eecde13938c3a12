"""The whole statement, property by property: what the specification allows, and what it refuses where."""

import copy
from typing import Any

import pytest

from milepost.sources.xapi import StatementRefused, validate, voided_by
from tests.sources.xapi.examples import (
    ANA,
    BEN,
    ID,
    LESSON,
    about,
    agent,
    attachment,
    everything,
    group,
    statement,
    sub_statement,
    without,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
REFERENCE = {"objectType": "StatementRef", "id": ID}
COMPONENTS = [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]


def refusal_of(value: Any) -> StatementRefused:
    with pytest.raises(StatementRefused) as refused:
        validate(value)
    return refused.value


SOUND = {
    "the shortest": statement(),
    "one with every property": everything(),
    "one whose agent says that it is one": statement(actor={"objectType": "Agent", **ANA}),
    "one by an openid": statement(actor=agent(openid="https://ana.example/")),
    "one by a hash in capitals": statement(actor=agent(mbox_sha1sum="AB" * 20)),
    "one by an account with an empty name": statement(actor=agent(account={"homePage": "urn:clinic", "name": ""})),
    "one by an anonymous group": statement(actor=group(ANA, BEN)),
    "one by an identified group without members": statement(actor={"objectType": "Group", **BEN}),
    "one by an identified group that lists nobody": statement(actor=group(**BEN)),
    "one about an agent": statement(object={"objectType": "Agent", **BEN}),
    "one about a group": statement(object=group(ANA)),
    "one about another statement": statement(object=REFERENCE),
    "one that voids": statement(verb={"id": VOIDED}, object=REFERENCE),
    "one inside another about a group": statement(object=sub_statement(object=group(ANA))),
    "one inside another about a statement": statement(object=sub_statement(object=REFERENCE)),
    "one with nothing in its parts": statement(
        result={"score": {}, "extensions": {}}, context={"contextActivities": {}}, attachments=[]
    ),
    "a definition with nothing in it": about(),
    "a definition with more to read": about(moreInfo="https://more.example/?a[]=1", type="urn:type:lesson"),
    "an interaction without lists": about(interactionType="other", correctResponsesPattern=[]),
    "true or false": about(interactionType="true-false", correctResponsesPattern=["true"]),
    "a choice": about(interactionType="choice", choices=COMPONENTS, correctResponsesPattern=["a[,]b"]),
    "a sequence": about(interactionType="sequencing", choices=COMPONENTS),
    "a scale": about(interactionType="likert", scale=COMPONENTS),
    "pairs": about(interactionType="matching", source=COMPONENTS, target=COMPONENTS),
    "a performance": about(interactionType="performance", steps=COMPONENTS),
    "an empty list of choices": about(interactionType="choice", choices=[]),
    "null inside extensions": about(extensions={"https://ext.example/a": None, "https://ext.example/b": {"c": [None]}}),
    "the best score": statement(result={"score": {"scaled": 1, "raw": 10, "min": 0, "max": 10}}),
    "the worst score": statement(result={"score": {"scaled": -1.0, "raw": -3, "min": -3}}),
    "a score below an open end": statement(result={"score": {"raw": -1e300, "max": 1}}),
    "a platform where the activity is assumed": statement(context={"platform": "p", "revision": "1"}),
    "a platform where the activity is named": statement(
        object={"objectType": "Activity", **LESSON}, context={"platform": "p"}
    ),
    "an instructing group": statement(context={"instructor": group(ANA)}),
    "an authority that is an agent": statement(authority=BEN),
    "version 1.0": statement(version="1.0"),
    "version 1.0.9": statement(version="1.0.9"),
    "an empty attachment": statement(attachments=[attachment(length=0, sha2="0F" * 64)]),
}


@pytest.mark.parametrize("value", SOUND.values(), ids=SOUND.keys())
def test_what_the_specification_allows_is_sound(value: dict[str, Any]) -> None:
    before = copy.deepcopy(value)

    validate(value)

    assert value == before


def actor(**properties: Any) -> dict[str, Any]:
    return statement(actor=properties)


def result(**properties: Any) -> dict[str, Any]:
    return statement(result=properties)


def score(**properties: Any) -> dict[str, Any]:
    return result(score=properties)


def context(**properties: Any) -> dict[str, Any]:
    return statement(context=properties)


def attached(**properties: Any) -> dict[str, Any]:
    return statement(attachments=[attachment(), attachment(**properties)])


REFUSED: dict[str, tuple[Any, str, str]] = {
    # what: (the value, where it is refused, a part of the rule)
    "a number": (1, "", "must be a statement"),
    "nothing": (None, "", "null"),
    "an array": ([statement()], "", "must be a statement"),
    "no actor": (without(statement(), "actor"), "actor", "must have an actor (Data 2.4)"),
    "no verb": (without(statement(), "verb"), "verb", "must have a verb"),
    "no object": (without(statement(), "object"), "object", "must have an object"),
    "a null actor": (statement(actor=None), "actor", "no value may be null"),
    "an unknown property": (statement(mood="good"), "mood", "no such property"),
    "a property in another case": (statement(Timestamp="2027-01-01T00:00:00Z"), "Timestamp", "case counts"),
    "an objectType of its own": (statement(objectType="Statement"), "objectType", "no such property"),
    "an id without dashes": (statement(id=ID.replace("-", "")), "id", "UUID"),
    "an id in braces": (statement(id=f"{{{ID}}}"), "id", "UUID"),
    "an empty id": (statement(id=""), "id", "UUID"),
    "a number as id": (statement(id=7), "id", "UUID"),
    # actors
    "an actor that is a text": (statement(actor="ana"), "actor", "must be an agent or a group"),
    "an actor of another kind": (actor(objectType="Person", **BEN), "actor.objectType", "must be one of Agent, Group"),
    "an actor of a kind in small letters": (actor(objectType="agent", **BEN), "actor.objectType", "must be one of"),
    "an actor whose kind is an object": (actor(objectType={}, **BEN), "actor.objectType", "must be one of"),
    "an actor whose kind is null": (actor(objectType=None, **BEN), "actor.objectType", "null"),
    "an agent that nothing identifies": (actor(name="Ana"), "actor", "exactly one of"),
    "an agent with two identifiers": (actor(**ANA, **BEN), "actor", "exactly one of"),
    "an agent with members": (actor(member=[ANA], **BEN), "actor.member", "no such property"),
    "an agent whose name is a number": (actor(name=1, **BEN), "actor.name", "must be a string"),
    "a mail address without its scheme": (actor(mbox="ana@clinic.example"), "actor.mbox", "mailto:"),
    "a mail address without a domain": (actor(mbox="mailto:ana"), "actor.mbox", "mailto:"),
    "two mail addresses": (actor(mbox="mailto:a@x.example,b@x.example"), "actor.mbox", "mailto:"),
    "a mail address and a subject": (actor(mbox="mailto:a@x.example?subject=b"), "actor.mbox", "mailto:"),
    "a short hash": (actor(mbox_sha1sum="ab" * 19), "actor.mbox_sha1sum", "SHA-1"),
    "an openid without a scheme": (actor(openid="ana.example"), "actor.openid", "URI"),
    "an account that is a text": (actor(account="42"), "actor.account", "homePage and name"),
    "an account without a name": (
        actor(account={"homePage": "https://x.example"}),
        "actor.account.name",
        "must have a name",
    ),
    "an account without a home": (actor(account={"name": "42"}), "actor.account.homePage", "must have a homePage"),
    "an account with a relative home": (
        actor(account={"homePage": "/a", "name": "42"}),
        "actor.account.homePage",
        "IRL",
    ),
    "an account with a number as name": (
        actor(account={"homePage": "https://x.example", "name": 42}),
        "actor.account.name",
        "must be a string",
    ),
    "an account in another case": (
        actor(account={"homepage": "https://x.example", "name": "42"}),
        "actor.account.homepage",
        "no such property",
    ),
    "a group of nobody": (statement(actor=group()), "actor", "must list its members"),
    "a group that nothing identifies": (actor(objectType="Group"), "actor", "must list its members"),
    "a group with two identifiers": (statement(actor=group(ANA, **ANA, **BEN)), "actor", "more than one"),
    "a group within a group": (statement(actor=group(ANA, group(BEN))), "actor.member[1].objectType", '"Agent"'),
    "a member that nothing identifies": (statement(actor=group(agent(name="?"))), "actor.member[0]", "exactly one"),
    "a member that is null": (statement(actor=group(None)), "actor.member[0]", "null"),  # type: ignore[arg-type]
    "a member that is no array": (actor(objectType="Group", member=ANA), "actor.member", "array of agents"),
    # verbs
    "a verb that is a text": (statement(verb="finished"), "verb", "must be a verb"),
    "a verb without an id": (statement(verb={"display": {"en": "x"}}), "verb.id", "must have an id"),
    "a verb without a scheme": (statement(verb={"id": "finished"}), "verb.id", "IRI with a scheme"),
    "a verb in an unknown language": (
        statement(verb={"id": "urn:v", "display": {"english language": "x"}}),
        'verb.display["english language"]',
        "RFC 5646",
    ),
    "a verb shown as null": (statement(verb={"id": "urn:v", "display": {"en": None}}), "verb.display.en", "null"),
    "a verb shown as a number": (
        statement(verb={"id": "urn:v", "display": {"en": 1}}),
        "verb.display.en",
        "must be a string",
    ),
    "a verb shown in no language": (statement(verb={"id": "urn:v", "display": "x"}), "verb.display", "language map"),
    # objects
    "an object that is a text": (statement(object="urn:a"), "object", "must be an activity"),
    "an object of another kind": (
        statement(object={"objectType": "Course", **LESSON}),
        "object.objectType",
        "must be one of",
    ),
    "an object whose kind is an array": (statement(object={"objectType": [], **LESSON}), "object.objectType", "one of"),
    "an activity without an id": (statement(object={}), "object.id", "must have an id"),
    "an activity with a relative id": (statement(object={"id": "lessons/7"}), "object.id", "IRI"),
    "an agent that does not say so": (statement(object=dict(BEN)), "object.account", "no such property"),
    "a definition that is a text": (
        statement(object={**LESSON, "definition": "x"}),
        "object.definition",
        "must be the definition",
    ),
    "a name without a language": (about(name="Lesson"), "object.definition.name", "language map"),
    "a description that is null": (about(description=None), "object.definition.description", "null"),
    "a type without a scheme": (about(type="lesson"), "object.definition.type", "IRI"),
    "a relative page about it": (about(moreInfo="more.html"), "object.definition.moreInfo", "IRL"),
    "an extension without a scheme": (about(extensions={"level": 1}), "object.definition.extensions.level", "Data 4.1"),
    "extensions in an array": (about(extensions=[]), "object.definition.extensions", "keys are IRIs"),
    "another type of interaction": (
        about(interactionType="Choice"),
        "object.definition.interactionType",
        "ten interaction types",
    ),
    "choices without a type": (
        about(choices=COMPONENTS),
        "object.definition.interactionType",
        "must have an interactionType",
    ),
    "answers without a type": (about(correctResponsesPattern=[]), "object.definition.interactionType", "must have an"),
    "an answer that is a number": (
        about(interactionType="numeric", correctResponsesPattern=["1", 2]),
        "object.definition.correctResponsesPattern[1]",
        "must be a string",
    ),
    "a scale of choices": (
        about(interactionType="choice", scale=[]),
        "object.definition.scale",
        "choice has no such list",
    ),
    "steps of another interaction": (
        about(interactionType="other", steps=[]),
        "object.definition.steps",
        "no such list",
    ),
    "a choice without an id": (
        about(interactionType="choice", choices=[{}]),
        "object.definition.choices[0].id",
        "must have an id",
    ),
    "a choice given twice": (
        about(interactionType="choice", choices=[{"id": "a"}, {"id": "b"}, {"id": "a"}]),
        "object.definition.choices[2].id",
        "distinct",
    ),
    "a choice that is a text": (
        about(interactionType="choice", choices=["a"]),
        "object.definition.choices[0]",
        "interaction component",
    ),
    "a reference without an id": (statement(object={"objectType": "StatementRef"}), "object.id", "must have its id"),
    "a reference to no UUID": (statement(object={**REFERENCE, "id": "1"}), "object.id", "UUID of a statement"),
    "a reference with a definition": (
        statement(object={**REFERENCE, "definition": {}}),
        "object.definition",
        "no such",
    ),
    "a statement inside one with an id": (statement(object=sub_statement(id=ID)), "object.id", "no such property"),
    "a statement inside one with a stored": (
        statement(object=sub_statement(stored="2027-01-01T00:00:00Z")),
        "object.stored",
        "no such property",
    ),
    "a statement inside one with a version": (
        statement(object=sub_statement(version="1.0.0")),
        "object.version",
        "no such",
    ),
    "a statement inside one with authority": (
        statement(object=sub_statement(authority=BEN)),
        "object.authority",
        "no such",
    ),
    "a statement inside one inside one": (
        statement(object=sub_statement(object=sub_statement())),
        "object.object.objectType",
        "must be one of Activity, Agent, Group, StatementRef",
    ),
    "a statement inside one without a verb": (
        statement(object=without(sub_statement(), "verb")),
        "object.verb",
        "must have a verb",
    ),
    "a lesson that is voided": (statement(verb={"id": VOIDED}), "object", "StatementRef"),
    "a lesson that is voided inside": (
        statement(object=sub_statement(verb={"id": VOIDED})),
        "object.object",
        "StatementRef",
    ),
    # results
    "a result that is true": (statement(result=True), "result", "must be a result"),
    "a success that is a text": (result(success="true"), "result.success", "true or false"),
    "a completion that is a number": (result(completion=1), "result.completion", "true or false"),
    "a response that is a number": (result(response=1), "result.response", "must be a string"),
    "a duration that is a number": (result(duration=60), "result.duration", "ISO 8601"),
    "a duration in words": (result(duration="one hour"), "result.duration", "ISO 8601"),
    "extensions of a result without a scheme": (result(extensions={"": 1}), 'result.extensions[""]', "Data 4.1"),
    "a score that is a number": (result(score=1), "result.score", "must be a score"),
    "a score that is a text": (score(raw="1"), "result.score.raw", "must be a number"),
    "a score that is true": (score(scaled=True), "result.score.scaled", "from -1 to 1"),
    "a score above one": (score(scaled=1.01), "result.score.scaled", "from -1 to 1"),
    "a score below minus one": (score(scaled=-1.0001), "result.score.scaled", "from -1 to 1"),
    "a score that is no number": (score(raw=float("nan")), "result.score.raw", "must be a number"),
    "a score without end": (score(max=float("inf")), "result.score.max", "must be a number"),
    "a score that is null": (score(min=None), "result.score.min", "null"),
    "a least score that is the best": (score(min=1, max=1.0), "result.score.min", "less than max"),
    "a raw score above the best": (score(raw=11, max=10), "result.score.raw", "between min and max"),
    "a raw score below the least": (score(raw=-0.5, min=0, max=10), "result.score.raw", "between min and max"),
    # contexts
    "a context that is an array": (statement(context=[]), "context", "must be a context"),
    "a registration that is no UUID": (context(registration="r1"), "context.registration", "UUID"),
    "an instructor that nothing identifies": (context(instructor={}), "context.instructor", "exactly one"),
    "a team that is an agent": (context(team=dict(ANA)), "context.team.objectType", "must have the objectType"),
    "a team that says it is an agent": (
        context(team={"objectType": "Agent", **ANA}),
        "context.team.objectType",
        '"Group"',
    ),
    "context activities in an array": (context(contextActivities=[]), "context.contextActivities", "grouping"),
    "context activities of another kind": (
        context(contextActivities={"parents": []}),
        "context.contextActivities.parents",
        "no such property",
    ),
    "a context activity that is a text": (
        context(contextActivities={"parent": "urn:a"}),
        "context.contextActivities.parent",
        "array of activities",
    ),
    "one of several without an id": (
        context(contextActivities={"other": [LESSON, {}]}),
        "context.contextActivities.other[1].id",
        "must have an id",
    ),
    "one alone without an id": (
        context(contextActivities={"other": {}}),
        "context.contextActivities.other.id",
        "must have an id",
    ),
    "an agent as context activity": (
        context(contextActivities={"other": {"objectType": "Agent", "id": "urn:a"}}),
        "context.contextActivities.other.objectType",
        '"Activity"',
    ),
    "a revision that is a number": (context(revision=1), "context.revision", "must be a string"),
    "a language that is none": (context(language="english language"), "context.language", "RFC 5646"),
    "a reference without its kind": (
        context(statement={"id": ID}),
        "context.statement.objectType",
        "must have the objectType",
    ),
    "a platform of an agent": (
        statement(object={"objectType": "Agent", **BEN}, context={"platform": "p"}),
        "context.platform",
        "only be used where the object is an activity",
    ),
    "a revision of a statement": (
        statement(object=REFERENCE, context={"revision": "1"}),
        "context.revision",
        "only be used where",
    ),
    "a platform of an agent inside": (
        statement(object=sub_statement(object=group(ANA), context={"platform": "p"})),
        "object.context.platform",
        "only be used where",
    ),
    # what the receiver sets, and attachments
    "a time without a zone": (statement(timestamp="2027-01-01T00:00:00"), "timestamp", "with its zone"),
    "a time that is a number": (statement(timestamp=1_800_000_000), "timestamp", "RFC 3339"),
    "a stored that is a date": (statement(stored="2027-01-01"), "stored", "RFC 3339"),
    "an authority of one in a group": (statement(authority=group(ANA)), "authority", "two agents"),
    "an authority of three": (statement(authority=group(ANA, BEN, ANA)), "authority", "two agents"),
    "an authority of an identified group": (statement(authority=group(ANA, BEN, **ANA)), "authority", "two agents"),
    "an authority that nothing identifies": (statement(authority={}), "authority", "exactly one"),
    "version 0.9.9": (statement(version="0.9.9"), "version", "1.0"),
    "version 1.1.0": (statement(version="1.1.0"), "version", "1.0"),
    "a version that is a number": (statement(version=1.0), "version", "1.0"),
    "one attachment alone": (statement(attachments=attachment()), "attachments", "array of attachments"),
    "an attachment that is a text": (statement(attachments=["a"]), "attachments[0]", "must be an attachment"),
    "an attachment of unknown use": (attached(usageType="certificate"), "attachments[1].usageType", "IRI"),
    "an attachment without a type": (attached(contentType="pdf"), "attachments[1].contentType", "media type"),
    "an attachment of negative length": (attached(length=-1), "attachments[1].length", "whole number"),
    "an attachment of broken length": (attached(length=1.0), "attachments[1].length", "whole number"),
    "an attachment with another hash": (attached(sha2="ab" * 20), "attachments[1].sha2", "SHA-2"),
    "an attachment at a relative place": (attached(fileUrl="file.pdf"), "attachments[1].fileUrl", "IRL"),
    "an attachment with a size": (attached(size=1), "attachments[1].size", "no such property"),
    **{
        f"an attachment without {name}": (
            statement(attachments=[without(attachment(), name)]),
            f"attachments[0].{name}",
            f"must have {name}",
        )
        for name in ("usageType", "display", "contentType", "length", "sha2")
    },
}


@pytest.mark.parametrize(("value", "path", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_what_breaks_a_rule_is_refused_where_it_does(value: Any, path: str, rule: str) -> None:
    refusal = refusal_of(value)

    assert refusal.path == path
    assert rule in refusal.rule


@pytest.mark.parametrize(("value", "path", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_every_rule_names_its_section(value: Any, path: str, rule: str) -> None:
    assert "(Data " in refusal_of(value).rule


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside a value, except below extensions."""
    found = [place]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        if key != "extensions":
            found += places(item, (*place, key))
    return found


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copied = value.copy()
    copied[place[0]] = replaced(value[place[0]], place[1:], new)
    return copied


@pytest.mark.parametrize("place", places(everything()), ids=lambda place: ".".join(map(str, place)) or "all of it")
def test_null_is_refused_in_every_place_outside_extensions(place: tuple[Any, ...]) -> None:
    assert "null" in refusal_of(replaced(everything(), place, None)).rule


@pytest.mark.parametrize("place", places(everything()), ids=lambda place: ".".join(map(str, place)) or "all of it")
def test_no_place_takes_a_value_of_a_type_that_it_has_not(place: tuple[Any, ...]) -> None:
    value: Any = everything()
    for key in place:
        value = value[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)

    validate(everything())
    refusal_of(replaced(everything(), place, "1" if number else 1))
    if not isinstance(value, bool):
        refusal_of(replaced(everything(), place, True))


@pytest.mark.parametrize(
    "place",
    [place for place in places(everything()) if place and isinstance(place[-1], str) and "display" not in place[:-1]],
    ids=lambda place: ".".join(map(str, place)),
)
def test_no_key_is_known_in_another_case(place: tuple[Any, ...]) -> None:
    holder: Any = everything()
    whole = holder
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1].upper()] = holder.pop(place[-1])

    if place[-1] in ("en", "en-GB"):
        validate(whole)
    elif place[-1] == "objectType":
        refusal_of(whole)  # what is then assumed to be another kind may be refused for another property
    else:
        assert refusal_of(whole).path.endswith(place[-1].upper())


def test_a_refusal_inside_a_batch_says_which_statement() -> None:
    with pytest.raises(
        StatementRefused, match=r"^statements\[3\]\.result\.score\.scaled: must be a number from -1 to 1"
    ):
        validate(score(scaled=3), within="statements[3]")
    with pytest.raises(StatementRefused, match=r"^statements\[0\]: must be a statement: .*; found true$"):
        validate(True, within="statements[0]")


def test_keys_that_are_no_text_are_refused_too() -> None:
    assert refusal_of({1: 2, **statement()}).rule.startswith("the specification knows no such property")
    assert refusal_of(about(name={1: "x"})).rule.startswith("each key must be")
    assert refusal_of(about(extensions={1: "x"})).rule.startswith("each key of extensions")


def test_what_a_statement_voids_is_named_in_small_letters() -> None:
    assert voided_by(statement(verb={"id": VOIDED}, object={**REFERENCE, "id": ID.upper()})) == ID
    assert voided_by(statement()) is None
    assert voided_by(statement(object=REFERENCE)) is None
