"""`streaming/` or `jobs/` and its route lines can be deleted, and everything else goes on working."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("streaming", "jobs")
ROUTES = ("forgesyte/urls.py", "forgesyte/api/urls.py", "forgesyte/asgi.py")
KEPT = (
    "accounts",
    "forgesyte",
    "pipelines",
    "loadtest",
    "training",
    *APPS,
    "templates",
    "static",
    "docs",
    "tests",
    "manage.py",
    "pyproject.toml",
)
# The ones that meet Django; what is pure knows nothing of streams.
TESTS = (
    "test_admin",
    "api/test_pipelines",
    "api/test_frame",
    "test_checks",
    "defaults/test_defaults",
    "test_health",
    "test_models",
    "test_services",
)
SERVES = """
import django
django.setup()
from django.test import Client
from forgesyte.asgi import application
for path in ("/health", "/metrics", "/pipelines/list", "/admin/login/"):
    assert Client().get(path, headers={"host": "localhost"}).status_code == 200, path
"""


@pytest.fixture(scope="module", params=APPS)
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without one of its apps."""
    app = request.param
    folder = tmp_path_factory.mktemp("project")
    leave_out = shutil.ignore_patterns("__pycache__", app, "browser", "js")
    for name in KEPT:
        if name == app:
            continue
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave_out)
        else:
            shutil.copy(source, folder / name)
    for name in ROUTES:
        lines = (folder / name).read_text().splitlines(keepends=True)
        kept = [line for line in lines if f'"{app}.' not in line]
        assert len(lines) - len(kept) <= 1, f"{name} names the app in one line"
        assert app not in "".join(kept)
        (folder / name).write_text("".join(kept))
    return folder


def run(copy: Path, *command: str, timeout_s: float = 120) -> str:
    """The output of a Python command in the copy, which must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORGESYTE_")}
    env = kept | {
        "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
        "FORGESYTE_DATA_DIR": str(copy / "data"),
        "PYTHONPATH": str(copy),
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=env, capture_output=True, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_checks_and_migrations_pass(copy: Path) -> None:
    run(copy, "manage.py", "migrate")
    run(copy, "manage.py", "check")
    assert "No changes detected" in run(copy, "manage.py", "makemigrations", "--check")


def test_every_management_command_starts(copy: Path) -> None:
    names = sorted(path.stem for path in copy.glob("*/management/commands/[!_]*.py"))
    assert {"load_test", "run_pipeline", "serve"} <= set(names)
    for name in names:
        assert f"manage.py {name}" in run(copy, "manage.py", name, "--help")


def test_the_plan_names_lines_that_are_there() -> None:
    plan = (ROOT / "docs" / "ROLLBACK_PLAN.md").read_text()
    steps = re.findall(r"^\d\. In `(\S+)`, delete the line `(.+)`$", plan, re.MULTILINE)
    assert len(steps) == 2
    for file, line in steps:
        assert f"    {line}\n" in (ROOT / file).read_text()


def test_pages_and_the_api_answer(copy: Path) -> None:
    run(copy, "manage.py", "migrate")
    run(copy, "-c", SERVES)


def test_the_tests_of_the_pipelines_pass(copy: Path) -> None:
    tests = [f"tests/pipelines/{name}.py" for name in TESTS]
    said = run(
        copy,
        *("-m", "pytest", "-q", "-m", "not model and not slow", "-p", "no:cacheprovider"),
        *("--override-ini", "addopts="),
        *tests,
        timeout_s=240,
    )
    assert " passed" in said
