"""A broken installation is told, with the name of the package."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from forgesyte.installation.files import file_faults, installed_files, owners_of_files
from forgesyte.installation.imports import import_fault, imported_modules, server_sources

ROOT = Path(__file__).parents[3]
UV = Path(sysconfig.get_path("scripts")) / "uv"


def build_wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """Build the smallest wheel that an installer takes."""
    info = f"{name}-1.0.dist-info"
    contents = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},,{len(text)}\n" for path, text in contents.items()]
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as wheel:
        for member, text in (contents | {f"{info}/RECORD": "".join(rows) + f"{info}/RECORD,,\n"}).items():
            wheel.writestr(member, text)
    return path


def install(site: Path, *wheels: Path) -> None:
    options = ["--quiet", "--offline", "--no-deps", "--no-cache", "--target", str(site)]
    subprocess.run([UV, "pip", "install", *options, *wheels], check=True)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A `site-packages` with two distributions that share no file but have both a licence and bytecode."""
    first = build_wheel(tmp_path, "brush", {"brush/__init__.py": "WIDTH = 3\n"})
    second = build_wheel(
        tmp_path, "easel", {"easel/__init__.py": "from brush import WIDTH\n", "easel/legs.py": ""}
    )
    install(tmp_path / "site", first, second)
    return tmp_path / "site"


def test_no_file_of_this_installation_has_two_owners_or_is_damaged() -> None:
    assert file_faults(Path(sysconfig.get_path("purelib"))) == []


def test_whole_distributions_have_no_faults(site: Path) -> None:
    assert len(list(installed_files(site))) == 3
    assert file_faults(site) == []


def test_a_file_that_is_listed_twice_has_one_owner(site: Path) -> None:
    files = [file for file in installed_files(site) if file.distribution == "brush"]
    assert list(owners_of_files(files * 2).values()) == [["brush"]]


def test_two_owners_of_one_file_are_named(site: Path, tmp_path: Path) -> None:
    install(site, build_wheel(tmp_path, "big_brush", {"brush/__init__.py": "", "brush/handle.py": ""}))
    assert file_faults(site) == [
        "brush/__init__.py belongs to big-brush and to brush: one has overwritten the other"
    ]


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_text("from br")], ids=["missing", "cut"]
)
def test_a_damaged_file_is_named_with_its_distribution(site: Path, damage: object) -> None:
    assert callable(damage)
    damage(site / "easel" / "__init__.py")
    assert file_faults(site) == ["easel is not whole: easel/__init__.py is missing or cut short"]


def test_a_distribution_whose_record_was_never_written_is_named(site: Path) -> None:
    (site / "easel-1.0.dist-info" / "RECORD").unlink()
    assert file_faults(site) == ["easel is not whole: easel-1.0.dist-info/RECORD is missing or cut short"]


def test_the_command_ends_with_an_error_only_for_faults(site: Path, tmp_path: Path) -> None:
    """Run the command as `make lint` does, with another folder of packages."""
    script = "import sysconfig, sys; sysconfig.get_path = lambda _: sys.argv[1]\n"
    script += "from forgesyte.installation.__main__ import main; sys.exit(main(['files']))"
    command = [sys.executable, "-c", script, str(site)]
    assert subprocess.run(command, cwd=ROOT).returncode == 0
    install(site, build_wheel(tmp_path, "big_brush", {"brush/__init__.py": ""}))
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "brush/__init__.py belongs to big-brush and to brush" in failed.stderr


def fault_of(module: str, site: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    monkeypatch.syspath_prepend(site)
    for name in ("brush", "easel"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return import_fault([module], site, owners_of_files(installed_files(site)))


@pytest.mark.parametrize(
    ("module", "sources", "fault"),
    [
        ("easel", {}, None),
        (
            "easel",
            {"brush/__init__.py": ""},
            "brush is broken: `import easel` ends in ImportError: cannot import name 'WIDTH' from 'brush'",
        ),
        (
            "easel",
            {"brush/__init__.py": "1 / 0"},
            "brush is broken: `import easel` ends in ZeroDivisionError",
        ),
        (
            "easel",
            {"easel/__init__.py": "import brush.hair"},
            "easel is broken: `import easel` ends in ModuleNotFound",
        ),
        ("palette", {}, "palette is broken: `import palette` ends in ModuleNotFoundError"),
    ],
)
def test_an_import_that_fails_names_the_distribution(
    module: str, sources: dict[str, str], fault: str | None, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, source in sources.items():
        (site / name).write_text(source)
    found = fault_of(module, site, monkeypatch)
    assert found is None if fault is None else (found or "").startswith(fault)


def test_both_owners_are_blamed_for_a_module_that_one_has_overwritten(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, build_wheel(tmp_path, "big_brush", {"brush/__init__.py": ""}))
    (site / "brush" / "__init__.py").write_text("")
    assert (fault_of("easel", site, monkeypatch) or "").startswith("big-brush or brush is broken: ")


def test_imports_within_functions_count_and_those_for_type_checkers_do_not(tmp_path: Path) -> None:
    source = tmp_path / "tool.py"
    source.write_text(
        "from typing import TYPE_CHECKING\nfrom . import beside\nif TYPE_CHECKING:\n    import stubs\n"
        "else:\n    import real\ndef opened():\n    if True:\n        from heavy.part import Network\n"
    )
    assert imported_modules([source]) == {"typing", "real", "heavy.part"}


def test_the_server_imports_its_heavy_libraries_and_no_code_of_the_tests() -> None:
    sources = server_sources(ROOT)
    assert {"openvino", "ultralytics.nn.tasks", "rapidocr", "easyocr.craft", "ninja"} <= imported_modules(
        sources
    )
    assert not {path.relative_to(ROOT).parts[0] for path in sources} & {"tests", "bench"}
