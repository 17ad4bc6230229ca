"""Fonts that are found; those of validation are never those of training."""

from pathlib import Path

import pytest

from training.scenes import fonts


def test_a_machine_with_nothing_but_the_packages_has_fonts() -> None:
    assert any(path.stem == "DejaVuSans" for path in fonts.font_files())


def test_held_out_families_are_never_trained_on() -> None:
    trained = {fonts.family(path) for path in fonts.training_fonts()}
    assert trained.isdisjoint(fonts.family(path) for path in fonts.held_out_fonts())


@pytest.mark.parametrize(
    ("name", "family"),
    [("Lato-BoldItalic.ttf", "lato"), ("Karla[wght].ttf", "karla"), ("OpenSans_Light.ttf", "opensans")],
)
def test_family_is_the_name_without_its_style(name: str, family: str) -> None:
    assert fonts.family(Path(name)) == family


def test_files_that_draw_no_letters_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    (tmp_path / "SomeSymbols.ttf").write_bytes(b"")
    (tmp_path / "NotoSansArabic-Regular.ttf").write_bytes(b"")
    with pytest.raises(RuntimeError, match="apt-get install"):
        fonts._readable((tmp_path,))


def test_fonts_are_found_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fonts._font_dirs() == [folder for folder in fonts.FONT_DIRS if folder.is_dir()]


def test_the_hint_names_every_package() -> None:
    assert all(package in fonts.install_hint() for package in fonts.FONT_PACKAGES)
    assert all(package.startswith("fonts-") for package in fonts.FONT_PACKAGES)
