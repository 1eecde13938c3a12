"""The npm package `@xapi/xapi`, where `scripts/xapi-client` has put it."""

import os
import shutil
from pathlib import Path


def client_package() -> Path | None:
    """Return the package's folder; None where there is none, or no Node.js to run it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    package = cache / "milepost" / "xapi-client" / "node_modules" / "@xapi" / "xapi"
    return package if package.is_dir() and shutil.which("node") else None
