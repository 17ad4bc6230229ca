"""No command of docs/DEPLOY.md goes untested without a reason."""

from collections import Counter

from tests.deploy.commands import CHECKED, LANGUAGES, NOT_RUN, RUN, documented, languages


def test_every_command_is_run_or_says_why_not() -> None:
    assert languages() == set(LANGUAGES), "no command hides in a block of another kind"
    known = Counter(RUN) + Counter(CHECKED)
    found = Counter(documented())
    assert set(found) - set(known) == set(NOT_RUN)
    assert {command: found[command] for command in known} == dict(known)
    assert not set(NOT_RUN) & set(known)
    assert all(NOT_RUN.values())


def test_the_first_server_needs_at_most_ten_lines() -> None:
    lines = documented()
    first = lines[: lines.index("deploy/manage doctor --url https://vision.example.com") + 1]
    assert len(first) <= 10
    assert [command for command in first if command in NOT_RUN] == []


def test_a_new_command_is_found() -> None:
    page = "```sh\nmake coffee\n  sip &\n```\n```nginx\nlisten 80;\n```\n"
    assert documented(page) == ["make coffee", "sip &"]
    assert languages(page) == {"sh", "nginx"}
