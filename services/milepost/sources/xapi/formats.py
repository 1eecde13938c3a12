"""The formats of xAPI's texts: IRIs, UUIDs, mail addresses, language tags, timestamps, durations and the rest.

Each `is_` answers whether a whole text has that format. None of them goes back to try again: the time that a text takes
grows with its length alone.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from milepost.sources.kept_answers import kept_for_short

_LETTER = r"\u00a1-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U0010fffd"
"""Letters beyond ASCII that an internationalized name may hold (RFC 3987, ucschar)."""

_SCHEME = r"(?!https?:(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.\-]*+:"
_FORBIDDEN = r'\x00-\x20<>"{}|\\^`%'
_ESCAPED = r"%[0-9A-Fa-f]{2}"

_absolute_iri = re.compile(rf"{_SCHEME}(?:[^{_FORBIDDEN}\x7f-\x9f\ud800-\udfff\ufff0-\uffff]++|{_ESCAPED})++").fullmatch


class _Answers(dict[str, bool]):
    """The answers of one test that are asked for again and again; they are few, and short."""

    MOST = 8192
    LONGEST = 256

    def __init__(self, test: Callable[[str], object]) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, text: str) -> bool:
        """Ask the test, and keep what it says unless the text is long."""
        answer = bool(self._test(text))
        if len(text) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
            self[text] = answer
        return answer


is_iri: Callable[[str], bool] = _Answers(_absolute_iri).__getitem__
"""Whether a text is an absolute IRI (RFC 3987): a scheme and something after it; `http` needs a host.

Checked by its characters. Square brackets are let through everywhere, as the addresses of many learning platforms hold
them bare. A sender says the same few IRIs all day, so the answers are kept.
"""

is_uri = re.compile(rf"{_SCHEME}(?:[^{_FORBIDDEN}\x7f-\U0010ffff]++|{_ESCAPED})++").fullmatch
"""An absolute URI (RFC 3986): an IRI in ASCII."""

is_uuid = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}").fullmatch
"""A UUID in the standard form (RFC 4122); of any variant, as the specification's own examples have several."""

_LABEL = rf"(?!-)[A-Za-z0-9\-{_LETTER}]++"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*+|\[[0-9A-Za-z:.]++\])"
_LOCAL_PART = r'[^\x00-\x20"(),:;<>@\[\\\]\x7f-\xa0\ud800-\udfff]++'

is_mail_address = re.compile(rf"{_LOCAL_PART}@{_DOMAIN}").fullmatch
"""One bare mail address, without a quoted local part."""

is_mailto = re.compile(rf"mailto:{_LOCAL_PART}@{_DOMAIN}").fullmatch
"""`mailto:` and one mail address, nothing after it (Data 2.4.2.3)."""

is_sha1 = re.compile(r"[0-9a-fA-F]{40}").fullmatch
"""A SHA-1 in hexadecimal digits."""

is_sha2 = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{56}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}").fullmatch
"""A SHA-224, -256, -384 or -512 in hexadecimal digits."""

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]++"  # noqa: S105 (a token of RFC 7230, not a secret)
_PARAMETER = rf'[ \t]*+;[ \t]*+{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[ -~])*+")'

is_media_type = re.compile(rf"{_TOKEN}/{_TOKEN}(?:{_PARAMETER})*+").fullmatch
"""An internet media type with its parameters (RFC 2046)."""

_VERSION = r"\.0(?:\.[0-9]{1,9}(?:-[0-9A-Za-z.\-]{1,40})?)?"

is_version_1 = re.compile(rf"1{_VERSION}").fullmatch
"""`1.0`, or `1.0.` and any patch (Data 2.4.10; `1.0` as the conformance suite reads it)."""

is_version_2 = re.compile(rf"[12]{_VERSION}").fullmatch
"""What a statement of version 2.0 may say: that, or that it is one of an earlier version."""

_GRANDFATHERED = (
    "en-gb-oed|i-ami|i-bnn|i-default|i-enochian|i-hak|i-klingon|i-lux|i-mingo|i-navajo|i-pwn|i-tao|i-tay|i-tsu"
    "|sgn-be-fr|sgn-be-nl|sgn-ch-de"
)

_well_formed_tag = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # language, with its extensions
    r"(?:-[a-z]{4})?"  # script
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"  # region
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*+"  # variants
    r"(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})++)*+"  # extensions
    r"(?:-x(?:-[a-z0-9]{1,8})++)?"  # private use
    rf"|x(?:-[a-z0-9]{{1,8}})++|{_GRANDFATHERED}",
    re.IGNORECASE | re.ASCII,
).fullmatch

is_language_tag: Callable[[str], bool] = _Answers(_well_formed_tag).__getitem__
"""Whether a text is a well-formed RFC 5646 language tag; the registry is not asked."""

_usual_duration = re.compile(
    r"P(?=[0-9T])(?:[0-9]++Y)?(?:[0-9]++M)?(?:[0-9]++D)?"
    r"(?:T(?=[0-9])(?:[0-9]++H)?(?:[0-9]++M)?(?:[0-9]++(?:[.,][0-9]++)?S)?)?"
).fullmatch
_rare_duration = re.compile(
    r"P(?:[0-9]++(?:[.,][0-9]++)?W"
    r"|(?:[0-9]++Y)?(?:[0-9]++M)?[0-9]++[.,][0-9]++D|(?:[0-9]++Y)?[0-9]++[.,][0-9]++M|[0-9]++[.,][0-9]++Y"
    r"|(?:[0-9]++Y)?(?:[0-9]++M)?(?:[0-9]++D)?T(?:[0-9]++[.,][0-9]++H|(?:[0-9]++H)?[0-9]++[.,][0-9]++M))"
).fullmatch


def is_duration(text: str) -> bool:
    """Answer whether the text is an ISO 8601 duration with designators (Data 4.6); only its last part may be broken."""
    return _usual_duration(text) is not None or _rare_duration(text) is not None


_OFFSET = r"(?:Z|(?!-00(?::?00)?\Z)[+\-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_timestamp = re.compile(
    rf"(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{{2}}|[1-9][0-9]{{3}})-[01][0-9]-[0-3][0-9]T"
    rf"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]++)?{_OFFSET}",
    re.IGNORECASE | re.ASCII,
).fullmatch


def is_timestamp(text: str) -> bool:
    """Answer whether the text is a timestamp that `moment` can read."""
    return moment(text) is not None


@kept_for_short(most=4096, longest=40)
def moment(text: str) -> datetime | None:
    """Return the UTC moment that a timestamp names, cut to whole microseconds; nothing where it names none.

    RFC 3339, and the offsets `+hhmm` and `+hh` of ISO 8601 (Data 4.5). A zone is required, `-00:00` in any spelling is
    none, the day must be in the calendar, and the moment in UTC within the years 1 to 9999. A leap second is refused.

    A request asks for the same few moments when it is checked, translated and kept.
    """
    if _timestamp(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
