"""The tests that the pre-commit hook runs for the changed files."""

import subprocess
import sys

import pytest

from tests import changed
from tests.changed import NOTHING_COLLECTED, ROOT, SKIPPED, commands, mirror_of


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("streaming/mailbox.py", {"tests/streaming/test_mailbox.py"}),
        ("forgesyte/lan/access_code.py", {"tests/forgesyte/lan/test_access_code.py"}),
        ("tests/streaming/test_mailbox.py", {"tests/streaming/test_mailbox.py"}),
        ("tests/streaming/test_deleted.py", set()),
        ("CHANGELOG.md", {"tests/test_docs.py", "tests/test_contributing.py"}),
        ("tests/browser/test_live.py", set()),
        ("static/js/live/main.js", set()),
    ],
)
def test_a_file_leads_to_its_own_tests(file: str, tests: set[str]) -> None:
    assert mirror_of(file) == tests


def test_a_module_with_a_folder_of_tests_runs_those() -> None:
    found = mirror_of("streaming/consumers.py")
    assert {
        "tests/streaming/consumers/test_connect.py",
        "tests/streaming/consumers/test_lifecycle.py",
    } <= found
    assert all(test.startswith("tests/streaming/consumers/test_") for test in found)


def test_a_module_without_tests_of_its_own_runs_those_of_its_folder() -> None:
    found = mirror_of("streaming/session_worker.py")
    assert {"tests/streaming/test_mailbox.py", "tests/streaming/test_protocol.py"} <= found
    assert all(test.startswith("tests/streaming/test_") for test in found)


def test_scripts_run_the_javascript_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/node")
    [command] = commands(["static/js/live/main.js"], {})
    assert command[0] == "node"
    assert str(ROOT / "tests" / "js" / "live" / "live.test.js") in command


@pytest.mark.parametrize(("ci", "runs"), [("true", 1), ("false", 0), ("", 0)])
def test_a_browser_runs_in_ci_only(ci: str, runs: int) -> None:
    assert len(commands(["templates/base.html"], {"CI": ci})) == runs


def test_the_hook_says_that_browser_tests_were_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    hook = [sys.executable, "-m", "tests.changed", "LICENSE"]
    done = subprocess.run(hook, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, SKIPPED)


@pytest.mark.parametrize(
    ("codes", "outcome"), [([0, 0], 0), ([0, 1], 1), ([NOTHING_COLLECTED], 0), ([2, 0], 1)]
)
def test_a_failing_test_fails_the_hook(
    codes: list[int], outcome: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [[sys.executable, "-c", f"raise SystemExit({code})"] for code in codes]
    monkeypatch.setattr(changed, "commands", lambda files, env: ends)
    assert changed.main() == outcome
