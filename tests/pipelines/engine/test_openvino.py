"""Converted networks in the cache, which several processes share."""

from pathlib import Path

import pytest

from pipelines.engine.openvino import discard


def test_a_broken_folder_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "net_openvino_model"
    folder.mkdir()
    (folder / "model.xml").touch()

    discard(folder)
    discard(folder)

    assert list(tmp_path.iterdir()) == []


def test_what_another_process_has_made_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "net_openvino_model"
    folder.mkdir()
    rename = Path.rename

    def rename_and_make_anew(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        folder.mkdir()
        (folder / "model.xml").touch()
        return renamed

    monkeypatch.setattr(Path, "rename", rename_and_make_anew)
    discard(folder)

    assert (folder / "model.xml").exists()
