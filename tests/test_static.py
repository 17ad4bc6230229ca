"""Style sheets and scripts are short, linked, and named after what they hold."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
MOST_LINES = 350
MOST_FILES = 20


def kebab(name: str) -> str:
    """`StreamSocket` as `stream-socket`, `FPSThrottler` as `fps-throttler`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


@pytest.mark.parametrize("file", [*SHEETS, *SCRIPTS], ids=lambda file: file.stem)
def test_sheets_and_scripts_are_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MOST_LINES


def test_every_sheet_is_linked_by_a_page() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "templates").rglob("*.html"))
    assert set(re.findall(r"css/([\w-]+\.css)", pages)) == {sheet.name for sheet in SHEETS}


def test_no_folder_of_scripts_holds_more_than_fits_in_a_glance() -> None:
    counts: dict[Path, int] = {}
    for script in SCRIPTS:
        counts[script.parent] = counts.get(script.parent, 0) + 1
    assert {folder.name: count for folder, count in counts.items() if count > MOST_FILES} == {}


def test_a_script_with_one_class_is_named_after_it() -> None:
    wrong = {}
    for script in SCRIPTS:
        classes = re.findall(r"^export class (\w+)", script.read_text(), re.MULTILINE)
        if classes and script.stem not in map(kebab, classes):
            wrong[script.name] = classes
    assert wrong == {}


@pytest.mark.parametrize("page", sorted((ROOT / "templates").rglob("*.html")), ids=lambda page: page.stem)
def test_pages_name_no_address_from_the_root(page: Path) -> None:
    """A reverse proxy may place everything below a path."""
    assert re.findall(r"(?:href|src|action)=\"/[^\"]*", page.read_text()) == []
