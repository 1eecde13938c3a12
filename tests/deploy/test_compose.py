"""The site in containers: what its file says is held against the commands and settings that there are.

No image is built and no container started here: that needs a Docker daemon. Where a Docker client with Compose is
present, it reads the file.
"""

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from milepost.cli import build_parser
from milepost.settings import Settings
from tests.repository.tracked import ROOT

COMPOSE = ROOT / "docker-compose.yml"
TEXT = COMPOSE.read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "milepost"}
SECRETS = ("MILEPOST_SERVER_KEY", "MILEPOST_DATABASE_PASSWORD")


def compose() -> list[str] | None:
    """Return the command of the Compose that is here, if one is."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, timeout=60, check=False)
            if asked.returncode == 0:
                return command
    return None


def read_by_compose(secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = compose()
    if command is None:
        pytest.skip("it needs Docker's Compose, and this machine has none")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return subprocess.run(
        [*command, "-f", str(COMPOSE), "config", "-q"],
        env={**environment, **secrets}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_compose_reads_the_file() -> None:
    read = read_by_compose(dict.fromkeys(SECRETS, "0" * 64))

    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("secret", SECRETS)
def test_compose_asks_for_every_secret(secret: str) -> None:
    read = read_by_compose({name: "0" * 64 for name in SECRETS if name != secret})

    assert read.returncode != 0
    assert "see docker-compose.yml" in read.stderr


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_runs_a_command_that_there_is(name: str) -> None:
    command = OURS[name]["command"]

    assert build_parser().parse_args(command).run
    assert name.startswith(command[0]) or name == "prepare"


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_is_told_settings_that_there_are(name: str) -> None:
    told = OURS[name]["environment"]

    assert not {key.removeprefix("MILEPOST_").lower() for key in told} - set(Settings.model_fields)
    assert "MILEPOST_KAFKA" in told


def test_each_waits_for_those_that_it_needs() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, name
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[needed]["restart"] == "no"
            else:
                assert how["condition"] == "service_healthy"
                assert "healthcheck" in SERVICES[needed] or needed in OURS
    for name in set(OURS) - {"prepare"}:
        assert {"kafka", "postgres", "prepare"} <= set(OURS[name]["depends_on"])


def test_each_worker_has_a_name_and_a_folder_of_its_own_that_outlive_it() -> None:
    workers = [service for service in OURS.values() if service["command"] == ["worker"]]

    assert len(workers) == 2
    assert len({worker["environment"]["MILEPOST_INSTANCE"] for worker in workers}) == 2
    assert len({worker["volumes"][0] for worker in workers}) == 2


def test_no_secret_stands_in_the_file_and_only_this_machine_is_let_in() -> None:
    for secret in SECRETS:
        assert set(re.findall(rf"\$\{{{secret}[^}}]*\}}", TEXT)) == {f"${{{secret}:?see docker-compose.yml}}"}
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prometheus_asks_every_process_and_nobody_else() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    static = told["scrape_configs"][0]["static_configs"]

    assert {config["labels"]["instance"] for config in static} == set(OURS) - {"prepare"}
    for config in static:
        instance = config["labels"]["instance"]
        assert config["targets"] == [f"{instance}:8000"]
        assert config["labels"]["process"] == OURS[instance]["command"][0]
