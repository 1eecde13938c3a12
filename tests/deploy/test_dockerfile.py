"""The image: what its file says is held against the repository; it is built where a Docker daemon runs, not here."""

import re

from milepost.settings import Settings
from tests.repository.tracked import ROOT

TEXT = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = TEXT.rsplit("\nFROM ", 1)[1]


def test_the_last_stage_runs_as_nobody_in_particular_and_has_nothing_to_build_with() -> None:
    assert re.search(r"^USER milepost$", LAST_STAGE, re.MULTILINE)
    assert "pip uninstall --yes" in LAST_STAGE
    assert " install -" not in LAST_STAGE.replace("install --directory", "")
    assert "apt-get" not in TEXT


def test_what_is_installed_has_hashes() -> None:
    installs = re.findall(r"pip --python \S+ install (.*?)(?: && |\n)", TEXT.replace("\\\n", ""))

    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]


def test_what_built_the_wheel_is_taken_out_again() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    only_for_building = {
        block.split("==")[0]
        for block in blocks
        if (via := re.findall(r"#\s+(?:via )?([a-z][\w-]*)(?: \(.*\))?$", block, re.MULTILINE))
        and set(via) == {"hatchling"}
    }
    taken_out = set(re.findall(r"uninstall --yes (hatchling[^&\n]*)", TEXT)[0].split())

    assert only_for_building | {"hatchling"} == taken_out - {"&&", "\\"}


def test_everything_that_is_copied_is_there_and_reaches_the_builder() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", TEXT, re.MULTILINE) for source in line.split()
    }

    assert copied == let_in
    assert all((ROOT / source).exists() for source in copied)


def test_it_is_told_settings_that_there_are_and_asked_how_it_is_at_its_own_port() -> None:
    told = set(re.findall(r"MILEPOST_([A-Z_]+)=", LAST_STAGE))

    assert {name.lower() for name in told} <= set(Settings.model_fields)
    assert re.search(r"HEALTHCHECK (.|\n)*MILEPOST_PORT(.|\n)*/health/ready", LAST_STAGE)
    assert 'ENTRYPOINT ["milepost"]' in LAST_STAGE
