"""The command line, with a small tool in place of a network; what it prints is what a person sees."""

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.core.management.base import CommandError
from PIL import Image

from pipelines.media.video import VideoReader
from tests.pipelines.clips import spoil, write_clip
from tests.pipelines.kit import detection
from tests.pipelines.management.run_pipeline import run, run_lines

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.usefixtures("stored")
class TestPicture:
    def test_tells_a_person_what_was_found(self, picture: Path) -> None:
        lines = run("look", picture).splitlines()

        assert lines[:3] == [
            "1 detection",
            "  x=0.100 y=0.200 w=0.300 h=0.400 sign 0.90",
            "text: 320x240",
        ]
        assert lines[3].startswith("ms: decode ")
        assert lines[4] == "look: device_used=cpu"

    def test_gives_one_object_of_json(self, picture: Path) -> None:
        (line,) = run_lines("look", picture, "--json")

        assert line["frame_index"] == 1
        assert line["result"] == {"detections": [detection().as_dict()], "text": "320x240"}
        assert line["timings_ms"].keys() == {"decode", "look", "total"}

    def test_letterboxes(self, picture: Path) -> None:
        (line,) = run_lines("look", picture, "--json", "--size", "640x100")

        assert line["result"]["text"] == "640x100"

    @pytest.mark.parametrize("name", ["out.png", "out.jpg"])
    def test_draws_the_boxes(self, picture: Path, tmp_path: Path, name: str) -> None:
        run("look", picture, "--annotate", tmp_path / name)

        drawn = np.asarray(Image.open(tmp_path / name), int)
        assert drawn.shape == (240, 320, 3)
        assert np.abs(drawn[48, 32:128] - 90).sum(axis=1).min() > 50
        assert np.abs(drawn[200:] - 90).max() < 10

    @pytest.mark.parametrize("name", ["out.unknown", "no/such/folder/out.png"])
    def test_says_where_it_cannot_write(self, picture: Path, tmp_path: Path, name: str) -> None:
        with pytest.raises(CommandError, match="cannot be written"):
            run("look", picture, "--annotate", tmp_path / name)

    def test_a_failing_tool_says_its_own_sentence(self, picture: Path) -> None:
        with pytest.raises(CommandError) as caught:
            run("fail", picture)
        assert str(caught.value) == "Looking failed"

    def test_can_be_stopped(self, picture: Path) -> None:
        with pytest.raises(CommandError) as caught:
            run("stop", picture)
        assert caught.value.returncode == 130


@pytest.mark.usefixtures("stored")
class TestVideo:
    def test_gives_a_line_for_every_frame(self, clip: Path) -> None:
        lines = run_lines("look", clip)

        assert [line["frame_index"] for line in lines] == list(range(1, 9))
        assert {line["result"]["text"] for line in lines} == {"64x48"}

    def test_strides_stops_and_letterboxes(self, clip: Path) -> None:
        lines = run_lines("look", clip, "--frame-stride", 3, "--max-frames", 2, "--size", "32x32")

        assert [line["frame_index"] for line in lines] == [1, 4]
        assert lines[0]["result"]["text"] == "32x32"

    def test_draws_the_boxes_at_the_same_pace(self, clip: Path, tmp_path: Path) -> None:
        run("look", clip, "--annotate", tmp_path / "out.mp4", "--frame-stride", 2)

        with VideoReader(tmp_path / "out.mp4") as video:
            assert (video.frames_total, video.fps) == (4, 5)

    def test_says_where_it_cannot_write(self, clip: Path, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be written"):
            run("look", clip, "--annotate", tmp_path / "out.unknown")

    def test_goes_on_after_a_broken_frame(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        broken = write_clip(tmp_path / "clip.avi", codec="mjpeg", q="2")
        spoil(broken, 3)
        spoil(broken, 8)

        lines = run_lines("look", broken)

        assert [line["frame_index"] for line in lines] == [1, 2, 4, 5, 6, 7]
        assert lines[2]["warnings"][0].startswith("Frame 3 cannot be decoded")
        assert capsys.readouterr().err.startswith("Frame 8 cannot be decoded")

    def test_an_animation_is_a_video_and_a_still_gif_a_picture(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "green")]
        frames[0].save(tmp_path / "still.gif")
        frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])

        assert len(run_lines("look", tmp_path / "still.gif", "--json")) == 1
        assert len(run_lines("look", tmp_path / "moves.gif")) == 3

    def test_shows_its_progress_on_a_terminal(self, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)

        run("look", clip)

        assert "8/8" in terminal.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("stored")
class TestBench:
    def test_tells_a_person(self, picture: Path) -> None:
        lines = run("look", picture, "--bench", 3, "--size", "640x480").splitlines()

        assert lines[:3] == ["pipeline: look", "frame: 640x480", "runs: 3"]
        assert lines[5] == "look: device_used=cpu"
        assert [line.split()[0] for line in lines[6:]] == ["stage", "decode", "look", "rest", "total"]

    @pytest.mark.parametrize("name", ["picture", "clip"])
    def test_gives_json_for_a_picture_or_the_first_frame(
        self, name: str, request: pytest.FixtureRequest
    ) -> None:
        (figures,) = run_lines("look", request.getfixturevalue(name), "--bench", 3, "--json", "--live")

        assert (figures["pipeline"], figures["runs"], figures["live"]) == ("look", 3, True)
        assert figures["stages_ms"].keys() == {"decode", "look", "rest", "total"}
        assert figures["stages_ms"]["decode"]["median"] > 0
        assert figures["nodes"] == {"look": {"device_used": "cpu"}}


def test_ends_quietly_when_its_reader_has_seen_enough(tmp_path: Path, clip: Path) -> None:
    script = tmp_path / "reader.py"
    script.write_text(
        "import os, sys, django\n"
        "django.setup()\n"
        "from pathlib import Path\n"
        "from django.core.management import call_command\n"
        "from pipelines.runtime import override_engine\n"
        "from tests.pipelines.toy import toy_definition, toy_engine\n"
        "import json\n"
        "folder = Path(sys.argv[1])\n"
        "(folder / 'toy.json').write_text(json.dumps(toy_definition()))\n"
        "with override_engine(toy_engine(folder)):\n"
        "    call_command('run_pipeline', str(folder / 'toy.json'), sys.argv[2])\n"
    )
    env = {**os.environ, "FORGESYTE_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "forgesyte.settings"}
    read_end, write_end = os.pipe()
    os.close(read_end)

    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(clip)],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    os.close(write_end)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.model
class TestRealNetworks:
    """The pipeline of the command line, with the default networks and with one of somebody's own."""

    def test_reads_a_poster(self, test_media: Path) -> None:
        (line,) = run_lines(
            ROOT / "pipelines/defaults/yolo_ocr.json",
            test_media / "media/text/poster.png",
            "--size",
            "640x480",
            "--json",
        )

        words = set(json.loads((test_media / "media/text/words.json").read_text())["poster.png"])
        assert len(line["result"]["detections"]) >= 5
        assert len(words & set(line["result"]["text"].replace(":", " ").split())) >= 25

    def test_finds_the_bus_and_the_people(self, test_media: Path, tmp_path: Path) -> None:
        package = importlib.util.find_spec("ultralytics")
        assert package is not None
        assert package.origin is not None
        weights = tmp_path / "data" / "weights" / "mine.onnx"
        weights.parent.mkdir(parents=True)
        shutil.copy(test_media / "models/yolo11n_int8.onnx", weights)
        node = {"id": "detect", "plugin_id": "yolo", "tool_id": "detect", "params": {"weights": "mine"}}
        graph = {
            "id": "bus",
            "name": "Bus",
            "nodes": [node],
            "entry_nodes": ["detect"],
            "output_nodes": ["detect"],
        }
        (tmp_path / "bus.json").write_text(json.dumps(graph))

        picture = Path(package.origin).parent / "assets/bus.jpg"
        command = [
            sys.executable,
            "manage.py",
            "run_pipeline",
            str(tmp_path / "bus.json"),
            str(picture),
            "--json",
        ]
        env = {**os.environ, "FORGESYTE_DATA_DIR": str(tmp_path / "data")}
        env["DJANGO_SETTINGS_MODULE"] = "forgesyte.settings"
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)

        assert (done.returncode, done.stderr) == (0, "")
        (line,) = map(json.loads, done.stdout.splitlines())

        labels = [found["label"] for found in line["result"]["detections"]]
        assert "bus" in labels
        assert labels.count("person") >= 3
