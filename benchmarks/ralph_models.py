"""ralph-malph's models, in an environment that is made for the run, for they need other libraries than we do.

The child takes the bodies as one line of JSON and then, for each line that it gets, reads and checks all of them once
and answers with the microseconds of processor time for one.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

VERSION = "5.1.0"

CHILD = """
import json, sys, time
from ralph.models.xapi.base.statements import BaseXapiStatement

bodies = [text.encode() for text in json.loads(sys.stdin.readline())]
for line in sys.stdin:
    began = time.process_time()
    for body in bodies:
        BaseXapiStatement.model_validate_json(body)
    print((time.process_time() - began) / len(bodies) * 1e6, flush=True)
"""


@contextmanager
def ralph_models(texts: Sequence[str]) -> Iterator[Callable[[], float]]:
    """Give what takes one round over these statements and returns the microseconds of one."""
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        with subprocess.Popen([python, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            sent, heard = child.stdin, child.stdout
            assert sent is not None
            assert heard is not None

            def round_of_all() -> float:
                sent.write("again\n")
                sent.flush()
                return float(heard.readline())

            sent.write(json.dumps(list(texts)) + "\n")
            yield round_of_all


def _environment(folder: Path) -> str:
    """Return the Python of a new environment that has ralph-malph."""
    sys.stderr.write(f"Installing ralph-malph {VERSION} into an environment of its own.\n")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "--quiet", "install", f"ralph-malph=={VERSION}"], check=True)
    return python
