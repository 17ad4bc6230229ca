"""A real nginx in front of a server, set up as docs/network/PROXIES.md says."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import free_port
from tests.conftest import require_tool
from tests.demo_runner import ROOT

START_WITHIN_S = 30
NAME = "vision.example.com"
# What a system's own nginx.conf has around it, without a place that belongs to the system.
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {documented}
}}
"""


@contextmanager
def in_front_of(port: int, folder: Path, *, below_a_path: bool) -> Iterator[int]:
    """Run nginx with TLS before the server on this port; yields nginx's own port."""
    listening = free_port()
    config = folder / "nginx.conf"
    config.write_text(configured(port, listening, folder, below_a_path))
    with running(config, listening):
        yield listening


@contextmanager
def running(config: Path, listening: int) -> Iterator[None]:
    """Run nginx with this configuration, from when it listens on this port."""
    command = [require_tool("nginx"), "-c", str(config), "-p", str(config.parent)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(listening, process)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=START_WITHIN_S)


def configured(port: int, listening: int, folder: Path, below_a_path: bool) -> str:
    """The documented configuration with these ports and a certificate of its own."""
    page = (ROOT / "docs" / "network" / "PROXIES.md").read_text()
    documented, location = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    if below_a_path:
        documented = re.sub(r"(?s)    location / \{.*?\n    \}\n", lambda _: location, documented)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make_certificate(key, certificate)
    for written, meant in (
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{listening} ssl"),
        ("/etc/ssl/vision.crt", str(certificate)),
        ("/etc/ssl/vision.key", str(key)),
    ):
        documented = documented.replace(written, meant)
    return AROUND.format(folder=folder, documented=documented)


def make_certificate(key: Path, certificate: Path) -> None:
    """A certificate that nobody has signed, for two days."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", f"/CN={NAME}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip


def wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    """Wait until nginx takes connections."""
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "nginx does not listen"
        time.sleep(0.05)
