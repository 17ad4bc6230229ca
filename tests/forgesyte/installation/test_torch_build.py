"""The build of PyTorch follows the machine, TORCH, and what the index for CPUs offers."""

import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from forgesyte.installation import __main__ as command
from forgesyte.installation import torch_build
from forgesyte.installation.torch_build import UnknownBuild, choose, has_nvidia_gpu, offers, pinned

VERSIONS = {"torch": "2.15.0", "torchvision": "0.29.2"}
ROOT = Path(__file__).parents[3]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """An index that offers both packages for CPUs."""
    for name, version in VERSIONS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(f"<a href='{name}-{version}%2Bcpu-cp311-linux.whl'>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")


def test_an_index_offers_what_it_lists(index: str) -> None:
    assert offers(index, VERSIONS)
    assert not offers(index, VERSIONS | {"torchvision": "0.29.3"})
    assert not offers(f"{index}/elsewhere", VERSIONS)
    assert not offers("no address", VERSIONS)


def test_an_index_that_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not offers(f"http://127.0.0.1:{silent.getsockname()[1]}", VERSIONS, within_s=0.2)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_small_build_is_taken_where_it_is_offered(index: str) -> None:
    said: list[str] = []
    assert choose("", VERSIONS, said.append, index) == "cpu"
    assert said[0].startswith("No NVIDIA GPU is here: taking PyTorch's build for CPUs")
    assert choose("", VERSIONS | {"torch": "9.9"}, said.append, index) == "cuda"
    assert f"{index} does not offer PyTorch 9.9" in said[1]


def test_a_gpu_takes_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")
    said: list[str] = []
    assert choose("", VERSIONS, said.append, "no address") == "cuda"
    assert said[0].startswith("An NVIDIA GPU is here")


@pytest.mark.parametrize("wanted", ["cpu", "cuda"])
def test_torch_decides(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert choose(wanted, VERSIONS, print, "no address") == wanted
    with pytest.raises(UnknownBuild, match="TORCH=rocm is neither cpu nor cuda"):
        choose("rocm", VERSIONS, print)


def test_a_mac_takes_the_build_that_pypi_has_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert choose("", VERSIONS, print) == "plain"


def pci(root: Path, vendor: str, kind: str) -> None:
    device = root / "sys/bus/pci/devices" / f"{vendor}{kind}"
    device.mkdir(parents=True)
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")


def test_a_gpu_is_found_by_its_device_its_driver_or_its_card(tmp_path: Path) -> None:
    none = "/nowhere/nvidia-smi"
    bare, driver, device, card = (tmp_path / name for name in ("bare", "driver", "device", "card"))
    pci(bare, "0x10de", "0x020000")
    pci(bare, "0x1234", "0x030000")
    (bare / "sys/bus/pci/devices/unreadable").mkdir()
    assert not has_nvidia_gpu(bare, none)
    (driver / "proc/driver/nvidia/gpus/0000:01:00.0").mkdir(parents=True)
    (device / "dev").mkdir(parents=True)
    (device / "dev/nvidia0").touch()
    pci(card, "0x10de", "0x030200")
    assert all(has_nvidia_gpu(root, none) for root in (driver, device, card))


@pytest.mark.parametrize(("said", "found"), [("GPU 0: NVIDIA H200", True), ("No devices were found", False)])
def test_a_gpu_is_found_by_nvidia_smi(said: str, found: bool, tmp_path: Path) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text(f"#!/bin/sh\necho '{said}'\n")
    smi.chmod(0o755)
    assert has_nvidia_gpu(tmp_path, str(smi)) == found


def test_the_versions_are_those_of_the_requirements() -> None:
    assert pinned(["torch==1.2", "  torchvision==3.4", "torchmetrics==5", "# torch"]) == {
        "torch": "1.2",
        "torchvision": "3.4",
    }
    assert set(pinned((ROOT / "requirements.txt").read_text().splitlines())) == {"torch", "torchvision"}


def test_the_command_prints_the_build_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["torch", "cuda"]) == 0
    assert capsys.readouterr() == ("cuda\n", "")
    assert command.main(["torch", "rocm"]) == 1
    assert "neither cpu nor cuda" in capsys.readouterr().err
