"""Which versions of the specification are spoken."""

import pytest

from milepost.sources.xapi import StatementRefused, negotiate


@pytest.mark.parametrize(
    ("header", "version"),
    [
        *((header, "1.0.3") for header in ("1.0", "1.0.0", "1.0.3", "1.0.99")),
        *((header, "2.0.0") for header in ("2.0", "2.0.0", "2.0.1")),
    ],
)
def test_every_patch_of_both_versions_is_spoken_as_the_latest(header: str, version: str) -> None:
    assert negotiate(header) == version


@pytest.mark.parametrize(
    "header", ["", "0.9", "0.95", "0.9.9", "1", "1.1", "1.1.0", "2", "2.1.0", "3.0.0", "1.0.", "1.0.x", "v1.0.3", "one"]
)
def test_any_other_version_is_refused_with_what_came(header: str) -> None:
    with pytest.raises(StatementRefused, match=r"^X-Experience-API-Version: only 1\.0\.x and 2\.0\.x") as refused:
        negotiate(header)

    assert refused.value.found == f'"{header}"'


def test_a_request_without_a_version_is_refused() -> None:
    with pytest.raises(StatementRefused, match=r"every request must say its version.*; found nothing$"):
        negotiate(None)
