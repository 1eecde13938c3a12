"""The formats of xAPI's texts, each with what it takes and what it does not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.sources.xapi import formats
from milepost.sources.xapi.formats import moment

TAKEN: dict[str, tuple[Callable[[str], object], list[str]]] = {
    "IRI": (
        formats.is_iri,
        [
            "https://a.example",
            "http://[::1]:80/x",
            "urn:isbn:1",
            "mailto:a@b.example",
            "x-a+b.1:c",
            "tag:a,2027:b",
            "https://a.example/%41%c3%A9?x[]=1#y",
            "https://a.example/فعل/خواندن",
            "HTTP://A.EXAMPLE",
            "https://a.example/" + "x" * 3000,
        ],
    ),
    "URI": (formats.is_uri, ["https://ana.example/", "xri://=ana", "https://a.example/%20"]),
    "UUID": (
        formats.is_uuid,
        [
            "6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10",
            "6F1E3A52-0C4B-1D1E-1A77-3B8D2C5E9F10",
            "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
        ],
    ),
    "mailto": (
        formats.is_mailto,
        [
            "mailto:a@b",
            "mailto:a.b+c'd@b.example",
            "mailto:%22a%22@b.example",
            "mailto:ö@ü.example",
            "mailto:a@[192.0.2.1]",
        ],
    ),
    "media type": (
        formats.is_media_type,
        ["text/plain", "text/plain; charset=ascii", 'application/vnd.a+json;a="b \\"c\\""; d=e', "image/svg+xml"],
    ),
    "version": (formats.is_version_1, ["1.0", "1.0.0", "1.0.3", "1.0.12", "1.0.4-beta.1"]),
    "language tag": (
        formats.is_language_tag,
        [
            *("en", "en-US", "EN-us", "zh-Hant-TW", "zh-cmn-Hans-CN", "sl-rozaj-biske-1994", "de-CH-1901", "es-419"),
            *(
                "x-klingon",
                "en-a-myext-b-another",
                "de-DE-u-co-phonebk",
                "i-klingon",
                "EN-GB-OED",
                "und",
                "tlhx",
                "english",
            ),
            *("ar-x-a-b", "art-lojban", "zh-min-nan"),
        ],
    ),
    "duration": (
        formats.is_duration,
        [
            *(
                "PT0S",
                "P1Y",
                "P1M",
                "P1D",
                "P4W",
                "P0.5W",
                "PT1H",
                "PT1M",
                "PT1.25S",
                "PT1,25S",
                "P3Y1M29DT4H35M59.14S",
            ),
            *("PT16559.14S", "P1.5Y", "P1Y1.5M", "P1Y1M1.5D", "P1DT1.5H", "PT1H1.5M", "P1YT1S", "PT36H", "P0D"),
        ],
    ),
    "timestamp": (
        formats.is_timestamp,
        [
            *("2027-01-02T03:04:05Z", "2027-01-02t03:04:05z", "2028-02-29T00:00:00+00:00", "2027-01-02T03:04:05.1Z"),
            *("2027-01-02T03:04:05.123456789+05:30", "2027-01-02T03:04:05-0330", "2027-01-02T03:04:05+01"),
            *(
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999Z",
                "2027-01-02T03:04:05-01:00",
                "2027-01-02T03:04:05+23:59",
            ),
        ],
    ),
}

REFUSED: dict[str, tuple[Callable[[str], object], list[str]]] = {
    "IRI": (
        formats.is_iri,
        [
            *(
                "",
                "a",
                "//a.example",
                "ab=c://a.example",
                "1a:b",
                ":a",
                "urn:",
                "https:",
                "https://",
                "https:a",
                "http:///a",
            ),
            *("https://a b", "https://a\n", "https://a.example/<x>", "https://a.example/{x}", "https://a.example/%zz"),
            *(
                "https://a.example/%4",
                "https://a.example/\\x",
                "urn:\x85",
                "https://a.example/\ud800",
                'urn:"',
                "urn:a|b",
            ),
            *("http://?a", "https://#a", "urn:\ufffd", "https://a.example/" + "x" * 3000 + " "),
        ],
    ),
    "URI": (formats.is_uri, ["", "ana.example", "https://ü.example", "https://a b", "https:"]),
    "UUID": (
        formats.is_uuid,
        [
            *(
                "",
                "6f1e3a520c4b4d1e9a773b8d2c5e9f10",
                "6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f1",
                "6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f100",
            ),
            *(
                "gf1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10",
                "6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10\n",
                "\uff16f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10",
            ),
            "urn:uuid:6f1e3a52-0c4b-4d1e-9a77-3b8d2c5e9f10",
        ],
    ),
    "mailto": (
        formats.is_mailto,
        [
            *(
                "",
                "mailto:",
                "a@b.example",
                "mailto:a",
                "mailto:@b.example",
                "mailto:a@",
                "mailto:a@b@c",
                "MAILTO:a@b.example",
            ),
            *(
                "mailto:a b@c.example",
                "mailto:a@b c",
                "mailto:a@b..c",
                "mailto:a@-b.example",
                "mailto:a@b.example.",
                "mailto:<a@b>",
            ),
            *("mailto:a@b.example\n", "mailto:a@b.example?cc=d", "http://a@b.example", "mailto:a@b_c.example"),
        ],
    ),
    "media type": (
        formats.is_media_type,
        ["", "text", "text/", "/plain", "text/plain;", "text/plain; a", 'text/plain; a="', "a b/c"],
    ),
    "version": (
        formats.is_version_1,
        ["", "1", "1.", "1.0.", "1.0.x", "1.1", "1.1.0", "0.9", "0.95", "2.0.0", "10.0.0", "v1.0", "1.0.0\n"],
    ),
    "language tag": (
        formats.is_language_tag,
        [
            *(
                "",
                "a",
                "a12345",
                "a12345678",
                "something",
                "en_US",
                "en-",
                "-en",
                "en--US",
                "en-USAAA-US",
                "en-12",
                "x",
                "en-x",
            ),
            *(
                "en-a",
                "e n",
                "en\n",
                "zh-abc-def-ghi-jkl",
                "de-419-DE",
                "\uff45n",
                "en-abcdefghi",
                "toolonglanguage",
                "x-abcdefghi",
                "en-x-abcdefghi",
            ),
        ],
    ),
    "duration": (
        formats.is_duration,
        [
            *(
                "",
                "P",
                "PT",
                "P1",
                "1D",
                "P1DT",
                "P1H",
                "PT1D",
                "P1W1D",
                "P4W1D",
                "PT1S1M",
                "P1D1Y",
                "P1.5DT1H",
                "P1.5Y1M",
            ),
            *(
                "PT1.5H1M",
                "-PT1H",
                "P-1D",
                "pt1h",
                "PT1h",
                "PT.5S",
                "PT1.S",
                "P0001-01-01T00:00:00",
                "PT1H ",
                "PT1H\n",
                "PT\uff11H",
            ),
            "PA1H0M0S",
        ],
    ),
    "timestamp": (
        formats.is_timestamp,
        [
            *(
                "",
                "2027",
                "2027-01-02",
                "2027-01-02T03:04Z",
                "2027-01-02T03:04:05",
                "2027-01-02 03:04:05Z",
                "01/02/2027",
            ),
            *(
                "2027-01-02T03:04:05-00",
                "2027-01-02T03:04:05-0000",
                "2027-01-02T03:04:05-00:00",
                "2027-01-02T03:04:05.601-00:00",
            ),
            *(
                "2027-02-29T00:00:00Z",
                "2027-04-31T00:00:00Z",
                "2027-13-01T00:00:00Z",
                "2027-00-01T00:00:00Z",
                "2027-01-00T00:00:00Z",
            ),
            *("2027-01-02T24:00:00Z", "2027-01-02T03:60:00Z", "2026-12-31T23:59:60Z", "2027-01-02T03:04:05+24:00"),
            *("2027-01-02T03:04:05+01:60", "2027-01-02T03:04:05.Z", "2027-01-02T03:04:05,5Z", "0000-01-01T00:00:00Z"),
            *(
                "0001-01-01T00:00:00+00:01",
                "9999-12-31T23:59:59-00:01",
                "2027-01-02T03:04:05ZZ",
                "2027-01-02T03:04:05Z\n",
            ),
            *("20270102T030405Z", "2027-W01-1T00:00:00Z", "\uff12027-01-02T03:04:05Z", "+2027-01-02T03:04:05Z"),
        ],
    ),
}


@pytest.mark.parametrize(
    ("test", "text"),
    [pytest.param(test, text, id=f"{name} {text[:40]!a}") for name, (test, texts) in TAKEN.items() for text in texts],
)
def test_a_text_of_its_format_is_taken(test: Callable[[str], object], text: str) -> None:
    assert test(text)
    assert test(text)


@pytest.mark.parametrize(
    ("test", "text"),
    [pytest.param(test, text, id=f"{name} {text[:40]!a}") for name, (test, texts) in REFUSED.items() for text in texts],
)
def test_a_text_of_another_format_is_not(test: Callable[[str], object], text: str) -> None:
    assert not test(text)
    assert not test(text)


PARTS_OF_A_DURATION = [
    *(
        ["P", "1", "Y", "2", "M", "3", "D", "T", "4", "H", "5", "M", "6.7", "S"],
        ["P", "1.5", "W"],
        ["P", "1", "Y", "1.5", "M"],
    ),
    *(["P", "1.5", "Y"], ["P", "1", "Y", "2", "M", "1.5", "D"], ["P", "1", "Y", "2", "M", "3", "D", "T", "1,5", "H"]),
    *(["P", "1", "Y", "2", "M", "3", "D", "T", "4", "H", "1.5", "M"], ["P", "T", "1.5", "H"], ["P", "T", "1.5", "M"]),
]


@pytest.mark.parametrize("parts", PARTS_OF_A_DURATION, ids="".join)
def test_a_duration_has_digits_before_each_letter_and_after_each_point(parts: list[str]) -> None:
    assert formats.is_duration("".join(parts))

    for index, part in enumerate(parts):
        if part[0].isdigit():
            for broken in ("", "x", "-1", "1.", ".5"):
                assert not formats.is_duration("".join([*parts[:index], broken, *parts[index + 1 :]]))


def test_a_moment_is_in_utc_to_the_microsecond() -> None:
    assert moment("2027-01-02T03:04:05.1234567+05:30") == datetime(2027, 1, 1, 21, 34, 5, 123456, tzinfo=UTC)
    assert str(moment("2027-01-02T03:04:05+01")) == "2027-01-02 02:04:05+00:00"
    assert str(moment("0001-01-01t00:00:00z")) == "0001-01-01 00:00:00+00:00"
    assert moment("2027-01-02") is None


offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)), offsets)  # noqa: DTZ001
def test_every_moment_is_read_back_as_it_was_written(local: datetime, offset: timedelta) -> None:
    from datetime import timezone

    at = local.replace(tzinfo=timezone(offset))

    assert moment(at.isoformat()) == at


def test_answers_that_are_kept_stay_few_and_short() -> None:
    answers = formats._Answers(lambda text: text != "no")
    for number in range(formats._Answers.MOST + 10):
        assert answers[f"urn:{number}"]
    assert not answers["no"]
    assert answers["x" * 1000]

    assert len(answers) <= formats._Answers.MOST
    assert "x" * 1000 not in answers


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize(
    "unit", ["a", "%41", "a.", "a-", "-abcd", "1", "1.", ".1", "1Y", "T1", ";a=b", "a@", "é", "en-a-", ' ;a="']
)
def test_no_text_takes_longer_than_its_length(name: str, unit: str) -> None:
    test, taken = TAKEN[name]
    text = taken[0] + unit * 40_000

    began = perf_counter()
    test(text)

    assert perf_counter() - began < 1
