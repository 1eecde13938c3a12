"""What the description of a statement is made of: a property, an object, an array, a language map, extensions.

A description is built once, when it is imported, out of plain functions; checking a message then is one walk over what
came. What is wrong is raised where it is seen, and each level that it passes adds its own key to the path.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from milepost.sources.xapi.formats import is_iri, is_language_tag
from milepost.sources.xapi.refusal import NOTHING, StatementRefused

NO_NULL = "no value may be null, except inside extensions (Data 2.2)"
NO_SUCH_PROPERTY = "the specification knows no such property here, and case counts (Data 2.2)"

Test = Callable[[Any], object]


class Property(NamedTuple):
    """What one property may hold: values of these types that pass the test, and the rule that says so.

    The test answers falsely where the value breaks this property's own rule, and raises where something inside it does.
    """

    types: tuple[type, ...]
    test: Test | None
    rule: str


def text(rule: str, test: Test | None = None) -> Property:
    """Describe a string, of a format where a test is given."""
    return Property((str,), test, rule)


def boolean(rule: str) -> Property:
    """Describe true or false."""
    return Property((bool,), None, rule)


def number(rule: str, test: Test) -> Property:
    """Describe a number; true and false are none."""
    return Property((int, float), test, rule)


def one_of(rule: str, *words: str) -> Property:
    """Describe a string that is one of a few words, to the letter."""
    return Property((str,), frozenset(words).__contains__, rule)


def iri(section: str) -> Property:
    """Describe an IRI."""
    return text(f"must be an IRI with a scheme ({section})", is_iri)


def array(of: Property, rule: str) -> Property:
    """Describe an array whose items are all alike."""
    types, test, broken = of

    def each(values: list[Any]) -> bool:
        index = 0
        try:
            for value in values:
                if type(value) not in types or (test is not None and not test(value)):
                    raise StatementRefused(NO_NULL if value is None else broken, value)
                index += 1
        except StatementRefused as refusal:
            raise refusal.inside(index) from None
        return True

    return Property((list,), each, rule)


def record(
    rule: str,
    properties: Mapping[str, Property],
    *,
    required: Mapping[str, str] | None = None,
    further: tuple[Test, ...] = (),
) -> Property:
    """Describe an object: the properties that it may have, the rules of those that it must, and what else holds.

    The further tests are asked in order, once each property is known to be sound; they raise what they refuse.
    """
    described = {name: (held.types[0], *held) for name, held in properties.items()}
    needed = tuple((required or {}).items())

    def whole(value: dict[str, Any]) -> bool:
        key: Any = None
        try:
            for key, item in value.items():
                usual, types, test, broken = described[key]
                if (type(item) is not usual and type(item) not in types) or (test is not None and not test(item)):
                    raise StatementRefused(NO_NULL if item is None else broken, item)
        except StatementRefused as refusal:
            raise refusal.inside(key) from None
        except KeyError:
            if key in described:
                raise  # not of this object: a fault in a test
            raise StatementRefused(NO_SUCH_PROPERTY, value[key]).inside(key) from None
        for name, absent in needed:
            if name not in value:
                raise StatementRefused(absent, NOTHING, path=name)
        for holds in further:
            holds(value)
        return True

    return Property((dict,), whole, rule)


def by_object_type(rule: str, kinds: Mapping[str, Property], *, assumed: str, section: str) -> Property:
    """Describe an object of one of these kinds, as its objectType says; without one, of the kind that is assumed."""
    tests = {name: described.test for name, described in kinds.items()}

    def of_its_kind(value: dict[str, Any]) -> object:
        kind = value.get("objectType", assumed)
        test = tests.get(kind) if type(kind) is str else None
        if test is None:
            raise StatementRefused(
                NO_NULL if kind is None else f"must be one of {', '.join(kinds)} ({section})", kind, path="objectType"
            )
        return test(value)

    return Property((dict,), of_its_kind, rule)


def either(one: Property, other: Property) -> Property:
    """Describe a value of one of two types, each with its own test; what is neither breaks the rule of the first."""
    tests = {kind: described.test for described in (one, other) for kind in described.types}

    def of_its_type(value: Any) -> object:
        test = tests[type(value)]
        return test is None or test(value)

    return Property((*one.types, *other.types), of_its_type, one.rule)


def check(described: Property, value: object) -> None:
    """Raise a refusal unless the value is as described."""
    types, test, rule = described
    if type(value) not in types or (test is not None and not test(value)):
        raise StatementRefused(NO_NULL if value is None else rule, value)


def language_map(section: str) -> Property:
    """Describe a map from language tags to texts."""
    return Property((dict,), _each_text_in_its_language, f"must be a language map ({section})")


def _each_text_in_its_language(value: dict[Any, Any]) -> bool:
    for tag, words in value.items():
        if type(tag) is not str or not is_language_tag(tag):
            raise StatementRefused("each key must be a well-formed RFC 5646 language tag (Data 4.2)", tag).inside(tag)
        if type(words) is not str:
            raise StatementRefused(
                NO_NULL if words is None else "must be a string in that language (Data 4.2)", words
            ).inside(tag)
    return True


def _each_key_is_an_iri(value: dict[Any, Any]) -> bool:
    for key in value:
        if type(key) is not str or not is_iri(key):
            raise StatementRefused("each key of extensions must be an IRI with a scheme (Data 4.1)", key).inside(key)
    return True


EXTENSIONS = Property((dict,), _each_key_is_an_iri, "must be an object whose keys are IRIs (Data 4.1)")
"""Extensions: what their values are is nobody's business."""
