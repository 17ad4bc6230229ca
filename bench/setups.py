"""The set-ups of the contestants."""

import json
import subprocess
import sys
from pathlib import Path

from bench.contestants import Arena, Contestant, Loop, SocketServer, VideoServer
from bench.networks import Network
from bench.processes import PEERS_PYTHON, ROOT, Server, environment, free_port


def bare_loop(arena: Arena, network: Network, weights: Path, key: str) -> Contestant:
    """Ultralytics' `predict` in a loop."""
    return Loop("ultralytics", str(weights), environment(arena.folder), arena, arena.log(key, network))


def in_process(arena: Arena, network: Network) -> Contestant:
    """ForgeSyte's opened pipeline in a loop."""
    env = arena.forgesyte_env(network.definition["id"])
    return Loop("forgesyte", json.dumps(network.definition), env, arena, arena.log("b", network))


def forgesyte(arena: Arena, network: Network) -> Contestant:
    """ForgeSyte as `make run` starts it."""
    pipeline_id = network.definition["id"]
    env = arena.forgesyte_env(pipeline_id)
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]

    def store_pipeline() -> None:
        rows = [sys.executable, "-m", "bench.rows"]
        subprocess.run(rows, cwd=ROOT, env=env, input=json.dumps([network.definition]), text=True, check=True)

    server = Server(command, port, env, arena.log("c", network), path="/ready")
    return SocketServer(server, "", pipeline_id, arena, before=store_pipeline)


def peer(module: str, arena: Arena, network: Network, weights: Path, key: str, *options: str) -> Server:
    """A peer's server, a module of bench.peers."""
    port = free_port()
    command = [str(PEERS_PYTHON), "-m", module, "--weights", str(weights), "--port", str(port), *options]
    return Server(command, port, environment(arena.folder), arena.log(key, network))


def tutorial(arena: Arena, network: Network, weights: Path, key: str, *options: str) -> Contestant:
    """FastAPI with uvicorn."""
    server = peer("bench.peers.tutorial", arena, network, weights, key, *options)
    return SocketServer(server, "/ws", "", arena)


def careful_tutorial(arena: Arena, network: Network, weights: Path, key: str) -> Contestant:
    """FastAPI that throws frames away which come too fast."""
    server = peer("bench.peers.tutorial", arena, network, weights, key)
    return SocketServer(server, "/queue", "", arena)


def fastrtc(arena: Arena, network: Network, weights: Path, key: str, *options: str) -> Contestant:
    """FastRTC, and an aiortc client."""
    server = peer("bench.peers.fastrtc_app", arena, network, weights, key, *options)
    client = [str(PEERS_PYTHON), "-m", "bench.rtc_client"]
    return VideoServer(server, client, environment(arena.folder), arena)


def streamlit(arena: Arena, network: Network, weights: Path, key: str) -> Contestant:
    """streamlit-webrtc, and a browser on its page."""
    port = free_port()
    command = [
        *(str(PEERS_PYTHON), "-m", "streamlit", "run", "bench/peers/streamlit_app.py"),
        *("--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port)),
        *("--server.fileWatcherType", "none", "--", "--weights", str(weights)),
    ]
    env = environment(arena.folder)
    server = Server(command, port, env, arena.log(key, network), path="/_stcore/health")
    client = [sys.executable, "-m", "bench.page_client", "--browser", arena.chromium]
    return VideoServer(server, client, env, arena, many_sessions=False)
