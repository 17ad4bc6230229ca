"""Print what is wrong with this Python's packages; the exit status is 1 if anything is.

`files` looks at the installed files only, `imports` imports what the server imports. `torch WANTED` prints
the build of PyTorch to install, and the reasons to the standard error.
"""

import os
import sys
import sysconfig
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from forgesyte.installation.files import file_faults, installed_files, owners_of_files
from forgesyte.installation.imports import import_fault, imported_modules, server_sources
from forgesyte.installation.torch_build import UnknownBuild, choose, pinned

ROOT = Path(__file__).parents[2]


def faults_of_imports(site: Path) -> list[str]:
    """Import the application, and what it imports later, under default settings and without a trace."""
    with TemporaryDirectory(prefix="forgesyte-") as folder, redirect_stdout(StringIO()):
        for setting in set(os.environ) - {"HOME", "PATH"}:
            del os.environ[setting]
        os.environ.update(FORGESYTE_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="forgesyte.settings")
        later = imported_modules(server_sources(ROOT))
        modules = ["forgesyte.asgi", "forgesyte.urls", *sorted(later)]
        fault = import_fault(modules, site, owners_of_files(installed_files(site)))
    return [fault] if fault else []


CHECKS = {"files": file_faults, "imports": faults_of_imports}


def print_torch_build(wanted: str) -> int:
    """Choose a build of PyTorch for this machine, by the value of TORCH."""
    versions = pinned((ROOT / "requirements.txt").read_text().splitlines())
    try:
        build = choose(wanted, versions, lambda reason: sys.stderr.write(f"==> {reason}\n"))
    except UnknownBuild as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{build}\n")
    return 0


def main(names: list[str]) -> int:
    """Run the named checks, or all."""
    if names[:1] == ["torch"]:
        return print_torch_build("".join(names[1:]))
    site = Path(sysconfig.get_path("purelib"))
    for name in names or CHECKS:
        if faults := CHECKS[name](site):
            sys.stderr.write("\n".join(faults[:20]) + "\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
