"""The programs that read the files of deploy/ take them as they are."""

import json
import os
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.processes import free_port
from forgesyte.conf import ProjectSettings
from forgesyte.supervised import BAD_CONFIGURATION
from jobs.conf import JobSettings
from tests.conftest import require_tool
from tests.demo_runner import ROOT
from tests.deploy.commands import CHECKED
from tests.forgesyte.proxy.nginx import AROUND, NAME, make_certificate, running

DEPLOY = ROOT / "deploy"
GIVEN = {"FORGESYTE_NAME": "vision.example.com", "POSTGRES_PASSWORD": "secret-enough"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = [
    path
    for path in sorted((*DEPLOY.iterdir(), *(DEPLOY / "steps").iterdir()))
    if path.is_file() and path.suffix == "" and path.name != "Dockerfile"
]
PYTHON = "/opt/forgesyte/.venv/bin/python"


def filled(template: str, **values: str) -> str:
    """A template as deploy/install fills it in, and as nginx's image does."""
    text = (DEPLOY / "nginx" / template).read_text()
    for name, value in values.items():
        text = text.replace(f"${{FORGESYTE_{name}}}", value)
    assert "${" not in text
    return text


def site_config(template: str, folder: Path, upstream: int, port: int) -> Path:
    """The whole configuration of an nginx with this site, which listens on this port for https."""
    make_certificate(folder / "key.pem", folder / "certificate.pem")
    address = f"127.0.0.1:{upstream}"
    site = filled(template, NAME=NAME, TLS=str(folder), UPSTREAM=address, PREFIX="/vision")
    for listen in ("listen 80;", "listen [::]:80;", "listen [::]:443 ssl;"):
        assert listen in site
        site = site.replace(listen, "")
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    # A server without a port of its own would take 80.
    site = site.replace("server {", f"server {{ listen unix:{folder}/http;", 1)
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, documented=site))
    return config


@pytest.mark.parametrize(
    ("template", "prefix"), [("forgesyte.conf.template", ""), ("forgesyte-prefix.conf.template", "/vision")]
)
def test_the_sites_of_nginx(template: str, prefix: str, tmp_path: Path) -> None:
    with upstream() as behind:
        config = site_config(template, tmp_path, behind, port := free_port())
        with running(config, port):
            assert asked(port, f"{prefix}/videos/") == (200, "/videos/")
            assert asked(port, f"{prefix}/metrics") == (200, "/metrics")
            assert asked(port, f"{prefix}/metrics", source="127.0.0.2")[0] == 403
            assert asked(port, f"{prefix}/v1/metrics")[0] == 404


@contextmanager
def upstream() -> Iterator[int]:
    """A server that answers with the path that it was asked for."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, format: str, *values: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def asked(port: int, path: str, source: str = "127.0.0.1") -> tuple[int, str]:
    """The status and the text of an answer to a client with this address."""
    trust = ssl._create_unverified_context()
    connection = HTTPSConnection("127.0.0.1", port, context=trust, source_address=(source, 0), timeout=60)
    with closing(connection):
        connection.request("GET", path, headers={"Host": NAME})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_both_sites_differ_in_the_path_alone() -> None:
    site, below = (
        (DEPLOY / "nginx" / f"forgesyte{kind}.conf.template").read_text() for kind in ("", "-prefix")
    )
    changed = set(below.splitlines()) - set(site.splitlines())
    assert len(changed) == 7
    assert all("PREFIX" in line or "proxy_pass" in line for line in changed)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_its_units(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    # The program is where deploy/install puts it, which need not be here.
    copy.write_text(unit.read_text().replace(PYTHON, "/bin/true"))
    verify = [require_tool("systemd-analyze", "systemd"), "verify", "--man=no", "--recursive-errors=no"]
    done = subprocess.run([*verify, str(copy)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_stops_tries_that_are_of_no_use_and_grants_nothing() -> None:
    for unit in UNITS:
        lines = unit.read_text().splitlines()
        for line in (
            f"RestartPreventExitStatus={BAD_CONFIGURATION}", "Restart=on-failure", "KillSignal=SIGTERM",
            "User=forgesyte", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=",
            "StateDirectoryMode=0700",
        ):  # fmt: skip
            assert line in lines


def composed(*files: str) -> dict[str, Any]:
    """The services as Docker's composer reads them from the files."""
    compose = require_tool("docker-compose")
    chosen = [option for name in files for option in ("-f", str(DEPLOY / name))]
    done = subprocess.run(
        [compose, "-p", "forgesyte", *chosen, "config"],
        capture_output=True, text=True, env=os.environ | GIVEN, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout))


def test_docker_compose_takes_its_files() -> None:
    services = composed("compose.yaml")["services"]
    assert set(services) == {"server", "worker", "database", "redis", "nginx"}
    for name in ("server", "worker"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgres://forgesyte:secret-enough@")
    with_gpu = composed("compose.yaml", "compose.gpu.yaml")["services"]
    assert "nvidia" in json.dumps(with_gpu["worker"])


def test_the_documented_command_checks_them() -> None:
    [documented] = CHECKED
    command = [require_tool("docker-compose"), *documented.split()[2:]]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | GIVEN, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_docker_compose_asks_for_what_has_no_default() -> None:
    compose = require_tool("docker-compose")
    bare = {name: value for name, value in os.environ.items() if name not in GIVEN}
    done = subprocess.run(
        [compose, "-f", DEPLOY / "compose.yaml", "config"], capture_output=True, text=True, env=bare
    )
    assert done.returncode != 0
    assert "the name of the site" in done.stderr


def test_the_settings_that_are_written_can_be_used(tmp_path: Path) -> None:
    text = (DEPLOY / "forgesyte.env").read_text().replace("${FORGESYTE_NAME}", "vision.example.com")
    env = dict(re.findall(r"^(\w+)=(\S+)$", text, re.MULTILINE))
    assert env["FORGESYTE_DATA_DIR"] == "/var/lib/forgesyte"
    settings = ProjectSettings.from_env(env | {"FORGESYTE_DATA_DIR": str(tmp_path)}, tmp_path)
    assert settings.require_login
    assert "vision.example.com" in settings.allowed_hosts
    assert JobSettings.from_env(env).workers == 1


def test_an_update_keeps_a_site_that_an_operator_has_changed(tmp_path: Path) -> None:
    def site(prefix: str) -> str:
        asked = [str(DEPLOY / "site"), NAME, prefix, "/tls", str(file)]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    file, new = tmp_path / "forgesyte", tmp_path / "forgesyte.new"
    assert site("/vision") == ""
    written = file.read_text()
    assert written == filled(
        "forgesyte-prefix.conf.template", NAME=NAME, TLS="/tls", UPSTREAM="127.0.0.1:8000", PREFIX="/vision"
    )
    guarded = written.replace("proxy_http_version", 'proxy_set_header X-Remote-User "";\nproxy_http_version')
    file.write_text(guarded)
    assert str(new) in site("/vision")
    assert (file.read_text(), new.read_text()) == (guarded, written)
    new.replace(file)
    assert str(new) in site("")
    assert file.read_text() == written
    assert site("/vision") == ""
    assert not new.exists()


def test_the_image_runs_the_scripts_that_an_installation_runs() -> None:
    page = (DEPLOY / "Dockerfile").read_text()
    steps = {path.name for path in (DEPLOY / "steps").iterdir()}
    assert set(re.findall(r"deploy/steps/([\w-]+)", page)) == steps
    install = (DEPLOY / "install").read_text()
    assert {name for name in steps if f"deploy/steps/{name}" in install} == steps - {"system-packages"}
    stages = page.split("\nFROM ")
    assert "USER forgesyte" in stages[-1]
    assert "HEALTHCHECK" in stages[-1]
    assert "deploy/healthy" in stages[-1]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_programs_without_errors_of_syntax(script: Path) -> None:
    assert len(SCRIPTS) >= 9
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script], capture_output=True).stderr == b""
