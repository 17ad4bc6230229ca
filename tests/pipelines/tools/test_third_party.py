"""A package that is really installed brings a tool, and a pipeline with that tool runs."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
MODULE = '''
"""Says how bright the picture is."""
from pydantic import BaseModel, ConfigDict
from pipelines.tools.base import Plugin, ToolSpec


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str = "bright"


class Brightness:
    def __init__(self, params):
        self.word = params.word

    def run(self, payload, context):
        return {"text": f"{self.word} {payload['image'].mean():.0f}"}

    def metadata(self):
        return {"device_used": "cpu"}

    def close(self):
        pass


def plugin():
    gives = frozenset({"text"})
    tool = ToolSpec("measure", "Brightness", "", Params, gives, lambda params, context: Brightness(params))
    return Plugin("brightness", "Brightness", "1.0", (tool,))
'''
INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: brightness-plugin\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "entry_points.txt": "[forgesyte.plugins]\nbrightness = brightness_plugin:plugin\n",
}


def make_wheel(folder: Path) -> Path:
    """A wheel as a third party would publish it; made by hand, so that no build tool need be downloaded."""
    files = {f"brightness_plugin-1.0.dist-info/{name}": text for name, text in INFO.items()}
    files["brightness_plugin.py"] = MODULE
    record = "brightness_plugin-1.0.dist-info/RECORD"
    path = folder / "brightness_plugin-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(record, "".join(f"{name},,\n" for name in [*files, record]))
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the package is installed."""
    folder = tmp_path_factory.mktemp("third-party")
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "install", "--offline", "--no-deps", "--python", sys.executable]
    subprocess.run(
        [*command, "--target", str(folder / "site"), str(make_wheel(folder))], check=True, timeout=60
    )
    return folder / "site"


def run_pipeline(site: Path, folder: Path, **params: str) -> subprocess.CompletedProcess[str]:
    """Run the package's tool on a grey picture by the command line."""
    Image.new("RGB", (8, 8), (100, 100, 100)).save(folder / "grey.png")
    definition = {
        "id": "brightness",
        "name": "Brightness",
        "nodes": [{"id": "look", "plugin_id": "brightness", "tool_id": "measure", "params": params}],
        "entry_nodes": ["look"],
        "output_nodes": ["look"],
    }
    (folder / "brightness.json").write_text(json.dumps(definition))
    files = [str(folder / "brightness.json"), str(folder / "grey.png")]
    command = [sys.executable, "manage.py", "run_pipeline", *files, "--json"]
    env = {
        **os.environ,
        "PYTHONPATH": str(site),
        "FORGESYTE_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
    }
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_a_tool_of_an_installed_package_runs(site: Path, tmp_path: Path) -> None:
    done = run_pipeline(site, tmp_path, word="grey")

    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert line["result"] == {"text": "grey 100"}
    assert line["timings_ms"].keys() == {"decode", "look", "total"}


def test_its_parameters_are_checked_like_any_other(site: Path, tmp_path: Path) -> None:
    done = run_pipeline(site, tmp_path, words="grey")

    assert done.returncode == 1
    assert "nodes[look].params.words: is not a parameter of this tool; known: word" in done.stderr


def test_without_the_package_the_problem_is_named(tmp_path: Path) -> None:
    done = run_pipeline(tmp_path, tmp_path)

    assert done.returncode == 1
    assert "no plugin 'brightness'; there are: yolo, ocr" in done.stderr
    assert "Traceback" not in done.stderr
