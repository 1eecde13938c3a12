"""What a broker is made of is found, or it is said what to install."""

from pathlib import Path

import pytest

from milepost.runtimes.local.jars import BROKER_JAR, NoLocalKafka, fetch_jars, find_jars, find_java, jar_cache
from milepost.runtimes.local.ports import HIGHEST, LOWEST, free_port, is_free

JAVA = "#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n"
MAVEN = """#!/bin/sh
for argument; do case $argument in -DoutputDirectory=*) folder=${argument#*=};; esac; done
mkdir "$folder" && touch "$folder/JAR"
"""


def program(path: Path, text: str) -> Path:
    """Make a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give a machine with a cache and a path of its own, and the usual shell."""
    for name in ("JAVA_HOME", "MILEPOST_KAFKA_JARS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")


@pytest.fixture
def usual_commands(tmp_path: Path) -> None:
    """Give the two commands that a fake Maven needs."""
    for name in ("mkdir", "touch"):
        program(tmp_path / "bin" / name, f'#!/bin/sh\nexec /bin/{name} "$@"\n')


def test_an_old_java_is_passed_over_for_one_that_is_new_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path / "home" / "bin" / "java", JAVA.format(version="11.0.2"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    new = program(tmp_path / "bin" / "java", JAVA.format(version="17.0.15"))

    assert find_java() == new


def test_the_java_of_java_home_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = program(tmp_path / "home" / "bin" / "java", JAVA.format(version="25"))
    program(tmp_path / "bin" / "java", JAVA.format(version="17.0.15"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))

    assert find_java() == named


@pytest.mark.usefixtures("usual_commands")
def test_fetched_jars_are_kept_whole_and_found_again(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "mvn", MAVEN.replace("JAR", BROKER_JAR))
    assert find_jars() is None

    fetched = fetch_jars(tmp_path / "bin" / "java")

    assert fetched == find_jars() == jar_cache()
    assert [path.name for path in fetched.parent.iterdir()] == [fetched.name]


@pytest.mark.usefixtures("usual_commands")
def test_who_fetched_at_the_same_time_and_was_first_has_it_right_as_well(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "mvn", MAVEN.replace("JAR", BROKER_JAR))

    assert fetch_jars(tmp_path / "java") == fetch_jars(tmp_path / "java")


@pytest.mark.usefixtures("usual_commands")
def test_a_maven_that_fails_leaves_nothing_behind_and_its_words_are_said(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "mvn", "#!/bin/sh\necho 'no route to host'\nexit 1\n")

    with pytest.raises(NoLocalKafka, match="no route to host"):
        fetch_jars(tmp_path / "java")

    assert not list((tmp_path / "cache" / "milepost").iterdir())


@pytest.mark.usefixtures("usual_commands")
def test_jars_without_the_broker_are_no_kafka(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "mvn", MAVEN.replace("JAR", "another.jar"))

    with pytest.raises(NoLocalKafka, match="could not fetch"):
        fetch_jars(tmp_path / "java")

    assert find_jars() is None


def test_without_maven_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NoLocalKafka, match="apt-get install maven"):
        fetch_jars(tmp_path / "java")


def test_a_kafka_that_was_unpacked_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "libs").mkdir()
    monkeypatch.setenv("MILEPOST_KAFKA_JARS", str(tmp_path / "libs"))
    assert find_jars() is None

    (tmp_path / "libs" / "kafka_2.13-4.0.0.jar").touch()

    assert find_jars() == tmp_path / "libs"


def test_a_name_that_leads_nowhere_is_not_made_good_by_fetching(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "mvn", MAVEN.replace("JAR", BROKER_JAR))
    monkeypatch.setenv("MILEPOST_KAFKA_JARS", str(tmp_path / "nowhere"))

    with pytest.raises(NoLocalKafka, match="MILEPOST_KAFKA_JARS"):
        fetch_jars(tmp_path / "java")


def test_a_free_port_is_none_that_the_system_gives_to_clients() -> None:
    port = free_port()

    assert LOWEST <= port < HIGHEST
    assert is_free(port)
