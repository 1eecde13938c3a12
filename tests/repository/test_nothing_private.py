"""What must never be committed: folders of one machine, addresses of package registries, secrets."""

import re

from tests.repository.tracked import ROOT, text_of, tracked_files

# Put together here, so that this file does not contain what it looks for.
PRIVATE = {
    "a folder of somebody's machine": r"(?<![\w.\-{}])/("
    + "|".join(["work", "root", "farm", "Users", "home"])
    + r")/[\w.]",
    "the address of a package registry": "|".join(
        ["pypi" + r"\.org", "pythonhosted" + r"\.org", "index" + "-url=", "registry" + "=http"]
    ),
    "a private key": "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
    "a cloud's access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[0-9A-Za-z-]{10,}|sk_live_[0-9A-Za-z]{16,})",
}


def test_no_tracked_file_has_a_folder_of_one_machine_a_registry_or_a_secret() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}: {match.group()}"
        for path in tracked_files()
        for what, pattern in PRIVATE.items()
        if (match := re.search(pattern, text_of(path)))
    ]

    assert not found


def test_no_database_and_no_environment_is_tracked() -> None:
    unwanted = {".sqlite", ".sqlite3", ".db", ".pyc", ".pem", ".key", ".env"}

    assert not [path for path in tracked_files() if path.suffix in unwanted or path.name == ".env"]
