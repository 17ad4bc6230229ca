"""`python -m tests.changed FILES`: the fast tests of what changed, for the pre-commit hook.

A module's tests are those in its mirror below `tests/`; where it has none of its own, those of its folder.
Scripts of the pages run all JavaScript units. Tests with a real browser run only where `CI=true`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("static/", "templates/", "tests/browser/")
FAST = "not model and not browser and not slow"
NOTHING_COLLECTED = 5
SKIPPED = "Browser tests were skipped: they run where CI=true, or with `make test-browser`"


def mirror_of(file: str, root: Path = ROOT) -> set[str]:
    """The test files for one changed file, as paths below `root`."""
    path = Path(file)
    if path.suffix == ".md" or file.startswith((".github/", ".pre-commit")):
        return existing({Path("tests/test_docs.py"), Path("tests/test_contributing.py")}, root)
    if path.suffix != ".py" or file.startswith("tests/browser/"):
        return set()
    if path.name.startswith("test_"):
        return existing({path}, root)
    folder = path.parent if path.parts[0] == "tests" else "tests" / path.parent
    return (
        existing({folder / f"test_{path.name}"}, root)
        # A module with many tests has a folder of its own name for them.
        or tests_in(folder / path.stem, root)
        or tests_in(folder, root)
    )


def tests_in(folder: Path, root: Path) -> set[str]:
    """The test files of a folder."""
    return existing((found.relative_to(root) for found in (root / folder).glob("test_*.py")), root)


def existing(paths: Iterable[Path], root: Path) -> set[str]:
    """Those that are there: a deleted file is a change, too."""
    return {path.as_posix() for path in paths if (root / path).is_file()}


def commands(files: Iterable[str], env: Mapping[str, str], root: Path = ROOT) -> list[list[str]]:
    """The commands to run for these files."""
    files = list(files)
    found = []
    if tests := sorted(set().union(*(mirror_of(file, root) for file in files))):
        found.append([sys.executable, "-m", "pytest", "-q", "-m", FAST, *tests])
    if any(file.endswith(".js") for file in files) and shutil.which("node"):
        units = sorted(str(unit) for unit in (root / "tests" / "js").rglob("*.test.js"))
        found.append(["node", "--test", "--test-reporter=dot", *units])
    if env.get("CI") == "true" and any(file.startswith(PAGES) for file in files):
        found.append([sys.executable, "-m", "pytest", "-q", "-m", "browser and not slow", "tests/browser"])
    return found


def without_git(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what a commit in progress sets, which would lead tests' own git astray."""
    return {name: value for name, value in env.items() if not name.startswith("GIT_")}


def main() -> int:
    """Run them all; 1 if any fails."""
    if os.environ.get("CI") != "true":
        print(SKIPPED, flush=True)
    env = without_git(os.environ)
    codes = [
        subprocess.run(command, cwd=ROOT, env=env).returncode
        for command in commands(sys.argv[1:], os.environ)
    ]
    return int(any(code not in (0, NOTHING_COLLECTED) for code in codes))


if __name__ == "__main__":
    sys.exit(main())
