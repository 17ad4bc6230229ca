"""The contestants by their keys, and what each of them is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import setups
from bench.contestants import Arena, Contestant
from bench.networks import Network

Make = Callable[[Arena, Network], Contestant | None]
MakeWith = Callable[..., Contestant]


@dataclass(frozen=True)
class Entry:
    """One line of the tables; `make` gives None where the network has no form that it could run."""

    key: str
    title: str
    make: Make
    cases: tuple[str, ...] = ("closed", "fps15", "fps30", "four", "crowd")

    @property
    def group(self) -> str:
        """The letter that stands for all of its kind."""
        return self.key.partition("-")[0]


def with_torch(make: MakeWith, key: str, *options: str) -> Make:
    """One that runs the network with torch."""
    return lambda arena, network: made(make, arena, network, network.torch, key, *options)


def with_openvino(make: MakeWith, key: str, *options: str) -> Make:
    """One that runs the network with OpenVINO."""
    return lambda arena, network: made(make, arena, network, network.openvino, key, *options)


def made(
    make: MakeWith, arena: Arena, network: Network, weights: Path | None, key: str, *options: str
) -> Contestant | None:
    """The contestant, where there is such a form of the network."""
    return make(arena, network, weights, key, *options) if weights else None


ENTRIES = (
    Entry("a-torch", "bare loop, torch on all cores", with_torch(setups.bare_loop, "a-torch"), ("closed",)),
    Entry("a", "bare loop, OpenVINO", with_openvino(setups.bare_loop, "a"), ("closed",)),
    Entry("b", "ForgeSyte in process", setups.in_process, ("closed",)),
    Entry("c", "ForgeSyte over its socket", setups.forgesyte),
    Entry("d-torch", "FastAPI, torch", with_torch(setups.tutorial, "d-torch", "--threads-as-they-come")),
    Entry(
        "d-cores",
        "FastAPI, torch on all cores",
        with_torch(setups.tutorial, "d-cores"),
        ("closed", "crowd"),
    ),
    Entry("d", "FastAPI, OpenVINO", with_openvino(setups.tutorial, "d")),
    Entry(
        "d-queue",
        "FastAPI that throws away what comes too fast, OpenVINO",
        with_openvino(setups.careful_tutorial, "d-queue"),
        ("fps30", "four", "crowd"),
    ),
    Entry("e", "FastRTC, OpenVINO", with_openvino(setups.fastrtc, "e")),
    Entry(
        "e-skip",
        "FastRTC that skips frames, OpenVINO",
        with_openvino(setups.fastrtc, "e-skip", "--skip-frames"),
        ("four", "crowd"),
    ),
    Entry("f", "streamlit-webrtc, OpenVINO", with_openvino(setups.streamlit, "f")),
)
LINEUP: Mapping[str, Entry] = {entry.key: entry for entry in ENTRIES}


def chosen(words: Sequence[str]) -> list[Entry]:
    """The entries of these keys, all for none; `d` means `d-torch` too."""
    return [entry for entry in ENTRIES if not words or {entry.key, entry.group} & set(words)]
