"""A real, tiny training run, from nothing to an ONNX file."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training import evaluate
from training.options import Options
from training.scenes.scene import scene
from training.start import batch, checkpoint_from
from training.train import train

BUNDLED = Path(evaluate.__file__).parents[1] / "pipelines" / "bundled" / "forgesyte-text-n.onnx"

pytestmark = pytest.mark.model

TINY = Options(
    out=Path(),
    scenes=8,
    epoch_scenes=8,
    val_scenes=2,
    imgsz=64,
    epochs=1,
    batch=4,
    width=0.125,
    threads=1,
    workers=0,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Options, Path]:
    options = replace(TINY, out=tmp_path_factory.mktemp("training"))
    return options, train(options)


def test_the_result_is_a_network_that_finds_text_boxes_at_any_size(run: tuple[Options, Path]) -> None:
    from ultralytics import YOLO

    network = YOLO(run[1], task="obb")
    for size in ((480, 640), (384, 640), (640, 640)):
        (found,) = network.predict(scene(1)[0], imgsz=size, conf=0.0001, verbose=False)
        assert found.names == {0: "text"}
        assert found.orig_shape == (480, 640)
        assert found.obb is not None


def test_the_file_carries_what_ultralytics_needs(run: tuple[Options, Path]) -> None:
    import onnx

    stored = {entry.key: entry.value for entry in onnx.load(run[1]).metadata_props}
    assert stored["task"] == "obb"
    assert stored["stride"] == "32"
    assert "text" in stored["names"]


def test_a_run_goes_on_where_it_stopped(run: tuple[Options, Path]) -> None:
    import torch

    options, _ = run
    train(replace(options, epochs=2, resume=True, precision="fp32"))
    rows = (options.out / "run" / "results.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2"]
    weights = torch.load(options.checkpoint, weights_only=False)["ema"].state_dict().values()
    assert all(np.isfinite(value.float().numpy()).all() for value in weights)


def test_a_run_on_the_clock_stops_in_time_and_slows_down(tmp_path: Path) -> None:
    train(replace(TINY, out=tmp_path, hours=0.0005))
    rows = [row.split(",") for row in (tmp_path / "run" / "results.csv").read_text().splitlines()]
    rate = rows[0].index("lr/pg0")
    assert float(rows[-1][rate]) < TINY.lr / 50
    assert float((tmp_path / "run" / "seconds").read_text()) > 0.0005 * 3600


def test_a_run_starts_from_another_runs_weights(run: tuple[Options, Path], tmp_path: Path) -> None:
    import torch

    options = replace(run[0], out=tmp_path, start=run[0].checkpoint, lr=1e-7)
    train(options)
    first, second = (
        torch.load(path, weights_only=False)["ema"].state_dict()
        for path in (run[0].checkpoint, options.checkpoint)
    )
    assert all(
        torch.allclose(first[key].float(), second[key].float(), atol=0.02)
        for key in first
        if "conv.weight" in key
    )


def test_an_exported_network_is_started_from_with_its_batch_normalisation_back(
    run: tuple[Options, Path], tmp_path: Path
) -> None:
    import torch
    from ultralytics import YOLO

    missing = checkpoint_from(run[1], tmp_path / "start.pt", width=TINY.width, pictures=2)
    assert missing == []
    picture = batch(1)
    before, after = (
        YOLO(path).model.float().eval()(picture)[0]
        for path in (run[1].with_suffix(".pt"), tmp_path / "start.pt")
    )
    assert torch.allclose(before, after, atol=0.05)


def test_a_network_is_scored_on_held_out_scenes(
    run: tuple[Options, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.main([str(run[1]), "--out", str(tmp_path), "--scenes", "6"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["scenes"] == 6
    assert told["lines"] > 0
    assert 0 <= told["map50"] <= 1


def test_the_bundled_network_finds_lines_it_never_saw(tmp_path: Path) -> None:
    scores = evaluate.evaluate(BUNDLED, tmp_path, scenes=40)
    # Half of the scenes' lines are turned, and its boxes are upright.
    assert scores.map50 > 0.65
    assert scores.precision > 0.7
    assert scores.boxes_on_empty <= 1.5 * scores.empty_scenes


def test_the_card_tells_the_bundled_files_checksum() -> None:
    digest = hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert digest in BUNDLED.with_suffix(".md").read_text()
    assert BUNDLED.stat().st_size < 12_000_000
