"""Refusals of `run_pipeline`, each with its sentence, and definitions from files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from pipelines.runtime import Runtime
from tests.pipelines.kit import definition
from tests.pipelines.management.run_pipeline import run, run_lines

ROOT = Path(__file__).resolve().parents[3]
GRAPH = definition({"look": "look"})


class TestRefusals:
    def test_names_the_pipelines_that_are_there(self, stored: None, picture: Path) -> None:
        with pytest.raises(CommandError, match="Unknown pipeline_id: nobody; there are: fail, look, stop"):
            run("nobody", picture)

    def test_says_how_to_get_the_default_pipelines(self, engine: Runtime, db: None, picture: Path) -> None:
        with pytest.raises(CommandError, match="restore_pipelines"):
            run("yolo_ocr", picture)

    def test_needs_a_file(self, stored: None, tmp_path: Path) -> None:
        for path in (tmp_path / "gone.png", tmp_path):
            with pytest.raises(CommandError, match="There is no file"):
                run("look", path)

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("notes.txt", b"hello", "cannot be read as a video"),
            ("half.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(5), "cannot be read"),
            ("empty.jpg", b"", "cannot be read"),
        ],
    )
    def test_needs_a_picture_or_a_video(
        self, stored: None, tmp_path: Path, name: str, content: bytes, said: str
    ) -> None:
        (tmp_path / name).write_bytes(content)

        with pytest.raises(CommandError, match=said):
            run("look", tmp_path / name)

    @pytest.mark.parametrize(
        "option",
        [
            ("--size", "640"),
            ("--size", "0x480"),
            ("--size", "640x99999"),
            ("--bench", "0"),
            ("--max-frames", "-1"),
            ("--frame-stride", "two"),
            ("--device", "toaster"),
        ],
    )
    def test_explains_its_options(self, stored: None, picture: Path, option: tuple[str, str]) -> None:
        with pytest.raises(CommandError, match=f"argument {option[0]}"):
            run("look", picture, *option)

    def test_says_that_the_database_is_not_set_up(self, tmp_path: Path, picture: Path) -> None:
        env = {
            **os.environ,
            "FORGESYTE_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
        }
        command = [sys.executable, "manage.py", "run_pipeline", "yolo_ocr", str(picture)]

        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)

        assert done.returncode == 1
        assert "run `manage.py migrate` first" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("engine")
class TestDefinitionFile:
    def test_runs_a_definition_from_a_file(self, tmp_path: Path, picture: Path) -> None:
        (tmp_path / "mine.json").write_text(json.dumps(GRAPH.as_dict()))

        (line,) = run_lines(tmp_path / "mine.json", picture, "--json")

        assert line["result"]["text"] == "320x240"

    def test_says_all_that_is_wrong_with_it(self, tmp_path: Path, picture: Path) -> None:
        (tmp_path / "mine.json").write_text(json.dumps({**GRAPH.as_dict(), "name": "", "output_nodes": []}))

        with pytest.raises(CommandError) as caught:
            run(tmp_path / "mine.json", picture)
        assert str(caught.value).splitlines()[1:] == [
            "  name: must not be empty",
            "  output_nodes: is empty: name at least one node",
            "  nodes[look]: leads nowhere: no node follows it, and it is not an output node",
        ]

    @pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
    def test_needs_json(self, tmp_path: Path, picture: Path, content: bytes) -> None:
        (tmp_path / "mine.json").write_bytes(content)

        for name in ("mine.json", "gone.json"):
            with pytest.raises(CommandError, match="cannot be read as JSON"):
                run(tmp_path / name, picture)
