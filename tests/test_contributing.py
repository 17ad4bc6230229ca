"""Recipes, questions, versions, forms and hooks for contributors are true."""

import re
from typing import Any

import pytest
import yaml

from forgesyte import __version__
from tests.demo_runner import ROOT

GITHUB = ROOT / ".github"
RECIPES = (
    "Add an error code of the stream",
    "Add a tool",
    "Add a setting",
    "Add a column to the job list",
    "Change how the page makes JPEGs",
)


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_files_and_a_test_in_numbered_steps(recipe: str) -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    steps = page.split(f"### {recipe}\n")[1].split("\n##")[0]
    assert re.findall(r"^(\d)\. ", steps, re.MULTILINE)[:4] == ["1", "2", "3", "4"]
    paths = [path for path in re.findall(r"`([\w./-]+)`", steps) if "/" in path]
    assert any(path.startswith("tests/") for path in paths)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([\w-]+(?: [\w-]+)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "RELEASE_NOTES.md"]
    named = {name for page in pages for name in re.findall(r"`make ([\w-]+)", page.read_text())}
    assert len(named) > 10
    assert named - known == set()


def test_every_question_has_an_answer_that_names_a_file() -> None:
    page = (ROOT / "docs" / "CONTRIBUTOR_EXAM.md").read_text()
    questions = re.findall(r"^(\d+)\. .+\?$", page, re.MULTILINE)
    answers = re.findall(r"^\| (\d+) \| .+ \| (.+) \|$", page, re.MULTILINE)
    assert len(questions) >= 25
    assert [number for number, _ in answers] == questions
    for _, where in answers:
        assert all((ROOT / path).is_file() for path in re.findall(r"`([^`]+)`", where)), where


def test_the_changelog_tells_of_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == __version__


def test_the_readme_leads_contributors_on() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"]({page})" in readme for page in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"))


def test_continuous_integration_runs_what_a_clean_checkout_must_pass() -> None:
    workflow = read_yaml(".github/workflows/ci.yml")
    job = workflow["jobs"]["check"]
    assert job["runs-on"] == "ubuntu-latest"
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    versions = [
        step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", "")
    ]
    assert versions == ["3.11"]
    # YAML 1.1 reads the word `on` as true.
    assert {"push", "pull_request"} <= set(workflow[True])


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_forms_ask_for_something_that_is_needed(form: str) -> None:
    content = read_yaml(f".github/ISSUE_TEMPLATE/{form}.yml")
    assert content["name"]
    assert content["description"]
    fields = [part for part in content["body"] if part["type"] != "markdown"]
    assert any(part.get("validations", {}).get("required") for part in fields)
    assert len({part["id"] for part in fields}) == len(fields)
    assert all(part["attributes"]["label"] for part in fields)


def test_the_pull_request_template_asks_for_a_test() -> None:
    assert "Which test fails without this change?" in (GITHUB / "pull_request_template.md").read_text()


def test_the_hooks_run_the_tests_of_what_changed() -> None:
    [repo] = read_yaml(".pre-commit-config.yaml")["repos"]
    hooks = {hook["id"]: hook for hook in repo["hooks"]}
    assert hooks["tests"]["entry"] == ".venv/bin/python -m tests.changed"
    # One process, which says its line even where all is well.
    assert hooks["tests"]["require_serial"]
    assert hooks["tests"]["verbose"]
