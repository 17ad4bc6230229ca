"""Strings of strangers reach no downloader, no unpickler and no path of the server."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from jobs.failures import describe_failure
from jobs.models import Job
from pipelines.conf import PipelineSettings
from pipelines.engine.detectors.ultralytics import as_read, import_ultralytics, open_yolo
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import BUNDLED_DIR, WeightsStore
from pipelines.errors import PipelineError
from pipelines.models import Pipeline
from pipelines.runtime import Runtime, override_engine
from pipelines.services import DagPipelineService, checked
from pipelines.tools.parameters import ONLY_OPERATORS
from pipelines.tools.registry import PluginProblem, PluginRegistry
from tests.hostile.listener import Listener, listening, trap
from tests.pipelines.pictures import drawn, picture_file

# A submission lets its connection go while the file arrives, which no transaction around a test survives.
pytestmark = pytest.mark.django_db(transaction=True)

WEIGHTS_REFUSED = f"{ONLY_OPERATORS}; a request may give a name from the weights list, such as yolo11n"
NUL_REFUSED = "holds the character U+0000, which cannot be stored"
# Each with the listener's address, the trap on the disk, and a folder that is not there.
STRINGS = (
    "{address}/x#x.pt",
    "{address}/yolo11n.pt",
    "{address}/v2/models/yolo",
    " {address}/a.pt",
    "HTTP://{host}/a.pt",
    "grpc://{host}/a",
    "ul://ultralytics/yolo11/x.pt",
    "rtsp://{host}/a.pt",
    "file://{trap}",
    "{trap}",
    "{folder}/nothing.pt",
    "../../../../../../../../../../etc/passwd",
    "..",
    "~/x.pt",
    "./x.pt",
    "uploads/x.onnx",
    "x.pt\n",
    "x\x00.pt",
    "x'.pt",
    "a" * 5000,
)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """There once code of a stranger has run."""
    return tmp_path / "code-has-run"


@pytest.fixture
def listener(mark: Path) -> Iterator[Listener]:
    with listening(trap(mark)) as listener:
        yield listener


@pytest.fixture
def engine(tmp_path: Path, settings: Settings) -> Iterator[Runtime]:
    """The built-in tools, with folders of their own."""
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path / "data")
    settings.PIPELINES = replace(settings.PIPELINES, cache_dir=tmp_path / "cache")
    engine = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(tmp_path / "weights", tmp_path / "cache"),
        registry=PluginRegistry.load(),
        device="cpu",
    )
    with override_engine(engine):
        yield engine
        engine.close()


@pytest.fixture
def strings(tmp_path: Path, listener: Listener, mark: Path) -> list[str]:
    """Strings that a stranger might give for a file."""
    path = tmp_path / "elsewhere" / "trap.pt"
    path.parent.mkdir()
    path.write_bytes(trap(mark))
    host = listener.address.removeprefix("http://")
    folder = tmp_path / "not-there"
    return [text.format(address=listener.address, host=host, trap=path, folder=folder) for text in STRINGS]


def node(plugin_id: str, tool_id: str, **params: Any) -> dict[str, Any]:
    """The pipeline of one tool."""
    return {
        "id": "one",
        "name": "One",
        "nodes": [{"id": "a", "plugin_id": plugin_id, "tool_id": tool_id, "params": params}],
        "edges": [],
        "entry_nodes": ["a"],
        "output_nodes": ["a"],
    }


def submit(client: Client, plugin_id: str, tool: str, **params: Any) -> tuple[int, str, str]:
    fields = {"plugin_id": plugin_id, "tool": tool, "params": json.dumps(params)}
    response = client.post("/video/submit", {"file": picture_file(drawn()), **fields})
    body = response.json()
    return response.status_code, body["error"], body["detail"]


def files_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("tool", ["detect", "track"])
def test_a_job_takes_weights_by_their_plain_name_only(
    client: Client, listener: Listener, strings: list[str], mark: Path, tmp_path: Path, tool: str
) -> None:
    before = files_in(tmp_path)

    for text in strings:
        status, code, detail = submit(client, "yolo", tool, weights=text)
        # A database cannot store the character U+0000, which is said alone.
        said = NUL_REFUSED if "\x00" in text else WEIGHTS_REFUSED
        assert (status, code) == (422, "invalid_pipeline")
        assert detail.endswith(said)
        assert text.strip() not in detail

    assert not Job.objects.exists()
    assert (listener.asked, mark.exists()) == ([], False)
    # Only the folder for uploads has been made, and nothing is in it.
    assert files_in(tmp_path) - before <= {tmp_path / "data", tmp_path / "data" / "uploads"}


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "options",
    [
        {"model_storage_directory": "/tmp/made-by-a-stranger"},
        {"user_network_directory": "../../made-by-a-stranger"},
        {"recog_network": "mine"},
        {"recog_network": "os"},
        {"recog_network": "made_up_g2"},
        {"languages": ["../../etc/passwd"]},
    ],
)
def test_a_job_chooses_neither_folders_nor_code_of_easyocr(
    client: Client, options: dict[str, Any], tmp_path: Path
) -> None:
    before = files_in(tmp_path)
    status, code, detail = submit(client, "ocr", "read", engine="easyocr", easyocr=options)

    assert (status, code) == (422, "invalid_pipeline")
    assert f"params.easyocr.{next(iter(options))}" in detail
    assert not Path("/tmp/made-by-a-stranger").exists()
    assert files_in(tmp_path) - before <= {tmp_path / "data", tmp_path / "data" / "uploads"}


@pytest.mark.usefixtures("engine")
def test_validation_says_the_same_and_reaches_nothing(
    client: Client, listener: Listener, strings: list[str], mark: Path, tmp_path: Path
) -> None:
    before = files_in(tmp_path)

    for text in strings:
        body = json.dumps(node("yolo", "detect", weights=text))
        answer = client.post("/pipelines/validate", body, content_type="application/json").json()
        said = {"where": "nodes[a].params.weights", "message": WEIGHTS_REFUSED}
        assert answer["valid"] is False
        assert said in answer["errors"] or "\x00" in text

    assert (listener.asked, mark.exists(), files_in(tmp_path)) == ([], False, before)


@pytest.mark.usefixtures("engine")
def test_what_operators_have_set_is_not_told(client: Client) -> None:
    definition = node("ocr", "read", engine="easyocr", easyocr={"model_storage_directory": "/srv/nets"})
    definition["nodes"].append({"id": "b", "plugin_id": "gone", "tool_id": "gone", "params": {"x": "/srv/x"}})
    Pipeline.objects.create(pipeline_id="one", definition=definition)

    answer = client.get("/pipelines/one/info").json()

    assert [step["params"] for step in answer["nodes"]] == [{"engine": "easyocr", "easyocr": {}}, {}]
    assert "/srv/" not in json.dumps(answer)


def test_the_schema_shows_what_only_operators_may_set(client: Client, engine: Runtime) -> None:
    tools = {
        f"{plugin['id']}.{tool['id']}": tool["params"]
        for plugin in client.get("/plugins").json()["plugins"]
        for tool in plugin["tools"]
    }

    for tool in ("yolo.detect", "yolo.track"):
        assert tools[tool]["properties"]["weights"]["operator_only"]
    options = tools["ocr.read"]["$defs"]["EasyOcrOptions"]["properties"]
    marked = {name for name, schema in options.items() if "operator_only" in schema}
    assert marked == {"recog_network", "user_network_directory", "model_storage_directory"}


@pytest.mark.usefixtures("engine")
def test_a_stored_definition_and_its_trial_reach_nothing_outside(
    admin_client: Client, listener: Listener, strings: list[str], mark: Path, tmp_path: Path
) -> None:
    before = files_in(tmp_path)
    for text in strings:
        if "\x00" in text:
            continue
        definition = node("yolo", "detect", weights=text)
        Pipeline.objects.update_or_create(pipeline_id="one", defaults={"definition": definition})

        reason = admin_client.get("/pipelines/list").json()["pipelines"][0]["reason"]
        ran = admin_client.post("/pipelines/one/run", {"file": picture_file(drawn())})
        tried = admin_client.post(
            "/admin/pipelines/pipeline/one/change/",
            {"definition": json.dumps(definition), "_try": "Try", "picture": picture_file(drawn())},
        )
        with pytest.raises(PipelineError) as caught:
            DagPipelineService().run_pipeline("one", {"frame_index": 1, "image": None})

        assert ran.status_code == 503
        assert reason == ran.json()["detail"] == caught.value.detail
        assert escape(reason) in tried.content.decode()
        assert str(tmp_path) not in reason
        assert "could not" not in reason

    assert (listener.asked, mark.exists()) == ([], False)
    new = {path for path in files_in(tmp_path) - before if "trial-pictures" not in str(path)}
    assert new <= {tmp_path / "data", tmp_path / "cache"}


@pytest.mark.model
@pytest.mark.parametrize("named", ["trap", "trap.pt", "./trap.pt"])
def test_a_pickle_in_the_weights_folder_runs_no_code(
    engine: Runtime, mark: Path, tmp_path: Path, named: str
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "trap.pt").write_bytes(trap(mark))

    with pytest.raises(PipelineError, match="holds more than a network: FORGESYTE_ALLOW_PICKLES=1"):
        engine.open_sync(checked(node("yolo", "detect", weights=named)), live=False)

    assert not mark.exists()


@pytest.mark.model
def test_pickles_are_refused_again_once_they_are_not_allowed(mark: Path, tmp_path: Path) -> None:
    path = tmp_path / "trap.pt"
    path.write_bytes(trap(mark))
    settings = PipelineSettings(tmp_path / "weights", tmp_path / "cache", device="cpu")
    Runtime.build(replace(settings, allow_pickles=True)).close()
    Runtime.build(settings).close()

    with pytest.raises(PipelineError, match="holds more than a network"):
        open_yolo(path)

    assert not mark.exists()


@pytest.mark.model
def test_ultralytics_gets_no_path_that_it_takes_for_another(tmp_path: Path) -> None:
    path = tmp_path / "o'brien" / "net.pt"
    path.parent.mkdir()
    path.touch()

    with pytest.raises(PipelineError, match="for another one: rename it"):
        open_yolo(path)
    read = {name: as_read(import_ultralytics(), Path(name)) for name in ("/a/yolov5n.pt", "/a/yolo11n")}
    assert read == {"/a/yolov5n.pt": "/a/yolov5nu.pt", "/a/yolo11n": "/a/yolo11n.pt"}


@pytest.mark.model
def test_all_names_of_one_network_load_it_once(engine: Runtime, tmp_path: Path) -> None:
    folder = tmp_path / "weights" / "a"
    folder.mkdir(parents=True)
    shutil.copy(BUNDLED_DIR / "forgesyte-text-n.onnx", folder / "x.onnx")
    (folder / "y.onnx").symlink_to("x.onnx")
    (folder.parent / "x.onnx").symlink_to("a/x.onnx")
    (folder.parent / "b").symlink_to("a")
    names = ["x", "x.onnx", "a/x.onnx", "a/../a/x.onnx", "./a/./x.onnx", "a/y.onnx", "b/x.onnx"]
    names += [str(folder / "x.onnx"), f"{tmp_path}/weights/../weights/a/x.onnx"]

    for name in names:
        pipeline = engine.open_sync(checked(node("yolo", "detect", weights=name)), live=False)
        told = pipeline.metadata()["a"]["weights"]
        assert (told, "/" in told) == (Path(name).name, False)
        pipeline.close()
        # Who holds a pipeline, even a closed one, holds its networks.
        del pipeline

    assert engine.networks.count == 1
    folder.joinpath("x.onnx").touch()
    engine.open_sync(checked(node("yolo", "detect", weights="x")), live=False).close()
    assert engine.networks.count == 1


@pytest.mark.parametrize("path", ["net.pt", "/nowhere/net.pt", "/etc/passwd", "http://127.0.0.1:9/x.pt"])
def test_ultralytics_gets_nothing_but_the_path_of_what_is_there(path: str) -> None:
    with pytest.raises(PipelineError, match="is no network's file"):
        open_yolo(Path(path))


def test_what_is_wrong_with_a_plugin_tells_no_path(client: Client, engine: Runtime) -> None:
    said = "ImportError: cannot import name 'x' (/srv/site-packages/acme.py)"
    engine.registry = PluginRegistry(engine.registry.plugins, [PluginProblem("acme", said)])
    definition = node("acme", "find")
    Pipeline.objects.create(pipeline_id="one", definition=definition)
    body = json.dumps(definition)

    answers = [
        client.get("/plugins").content,
        client.get("/pipelines/list").content,
        client.get("/pipelines/one/info").content,
        client.post("/pipelines/validate", body, content_type="application/json").content,
        str(submit(client, "acme", "find")).encode(),
    ]

    for answer in answers:
        assert b"acme" in answer
        assert b"/srv/" not in answer


def test_a_file_that_is_gone_is_named_without_its_folder() -> None:
    missing = FileNotFoundError(2, "No such file", "/srv/data/uploads/source.mp4")
    assert describe_failure(missing) == ("file_missing", "A file of the job is missing: source.mp4")
