"""Choices that cannot work are told in words, on both command lines."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from training.options import Options
from training.scenes import fonts, photos
from training.train import architecture, main

GOOD = Options(out=Path("/nowhere"))


def test_the_defaults_are_fine() -> None:
    assert GOOD.problem() is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (replace(GOOD, scenes=3), "--scenes"),
        (replace(GOOD, imgsz=100), "--imgsz"),
        (replace(GOOD, imgsz=32), "--imgsz"),
        (replace(GOOD, epochs=0), "--epochs"),
        (replace(GOOD, hours=-1.0), "--hours"),
        (replace(GOOD, threads=0), "--threads"),
        (replace(GOOD, precision="fp8"), "--precision"),
        (replace(GOOD, resume=True), "nothing to resume"),
        (replace(GOOD, start=Path("/gone.pt")), "/gone.pt does not exist"),
        (replace(GOOD, photos=(Path("/"), Path("/gone"))), "/gone does not exist"),
    ],
)
def test_a_bad_choice_is_named(bad: Options, words: str) -> None:
    assert words in (bad.problem() or "")


def test_manage_py_refuses_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--imgsz must be a multiple of 32"):
        call_command("train_text_detector", out=tmp_path, imgsz=100)


def test_manage_py_wants_a_folder() -> None:
    with pytest.raises(CommandError, match="--out"):
        call_command("train_text_detector")


def test_the_module_refuses_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--resume"])
    assert "nothing to resume" in capsys.readouterr().err


def test_the_hint_needs_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--install-hint"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.splitlines() == [fonts.install_hint(), photos.install_hint()]


def test_the_network_has_one_class_and_the_width_asked_for() -> None:
    layers = architecture(0.125)
    assert layers["nc"] == 1
    assert layers["scales"] == {"n": [0.5, 0.125, 1024]}
