"""The security model says what the code does: every door, every command, every setting and its default."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from forgesyte import env
from tests.demo_runner import ROOT
from tests.hostile.doors.doors import OPEN, every_door, every_socket
from tests.test_docs import every_setting

PAGE = (ROOT / "docs" / "SECURITY_MODEL.md").read_text()
SETTINGS = (ROOT / "docs" / "SETTINGS.md").read_text()
ROW = re.compile(r"^\| `([^`]+)` \| (.*?) \|(.*?)\|$", re.MULTILINE)


def section(title: str, page: str = PAGE) -> str:
    """The text below a heading, up to the next one."""
    return re.split(r"^#+ ", page.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str, page: str = PAGE) -> dict[str, str]:
    """A table's first column, each with its second."""
    found = [(name, second) for name, second, _ in ROW.findall(section(title, page))]
    assert len(found) == len(dict(found)), "nothing stands there twice"
    return dict(found)


def test_every_route_is_a_door_of_the_table() -> None:
    assert set(rows("HTTP")) == {str(door) for door in every_door()}


def test_what_needs_no_login_is_said() -> None:
    found = rows("HTTP")
    assert {door.split()[1] for door, who in found.items() if who == "everybody"} == OPEN
    assert set(found.values()) == {"everybody", "users", "staff"}


def test_every_socket_is_a_door_of_the_table() -> None:
    sockets = every_socket()
    assert set(rows("WebSockets")) == {path for path in sockets if not path.startswith("/v1/")}
    assert {path for path in sockets if f"`{path}`" not in section("WebSockets")} == set()


def test_every_command_is_named() -> None:
    files = ROOT.glob("*/management/commands/[a-z]*.py")
    named = re.findall(
        r"`(\w+)`", "".join(re.findall(r"^\|(.*?)\|", section("Commands, files and environment"), re.M))
    )
    assert sorted(named) == sorted(file.stem for file in files)


def limits() -> dict[str, str]:
    return rows("Settings that are limits")


def openers() -> dict[str, str]:
    return rows("Settings that open or close a door")


def test_of_every_setting_it_is_said_what_it_guards(tmp_path: Path) -> None:
    others = re.findall(r"`([A-Z_]+)`", section("Settings that guard nothing"))
    named = [*limits(), *openers(), *others]
    assert sorted(named) == sorted(every_setting(tmp_path))


def documented_defaults() -> Mapping[str, str]:
    found = re.findall(r"^\| `(\w+)` \| (.*?) \|", SETTINGS, re.MULTILINE)
    return dict(found)


def test_defaults_are_those_of_the_settings_page() -> None:
    documented = documented_defaults()
    given = {**limits(), **openers()}
    assert given == {name: documented[name] for name in given}


def test_defaults_of_the_settings_page_are_those_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults: dict[str, str] = {}
    text = env.text

    def noted(environment: Mapping[str, str], name: str, default: str) -> str:
        defaults[name] = default
        return text(environment, name, default)

    monkeypatch.setattr(env, "text", noted)
    names = every_setting(tmp_path)
    # What a sentence describes, such as a folder within another one, is no value.
    written = {
        name: found[1]
        for name, default in documented_defaults().items()
        if (found := re.fullmatch(r"`([^`]+)`(: .*)?", default))
    }
    assert len(written) > 40
    assert written.keys() <= names
    assert {name: plain(value) for name, value in written.items()} == {
        name: plain(defaults[name]) for name in written
    }


def plain(value: str) -> object:
    """A number where it is one, or the words for yes and no."""
    value = {"True": "1", "False": "0"}.get(value, value)
    try:
        return float(value)
    except ValueError:
        return value
