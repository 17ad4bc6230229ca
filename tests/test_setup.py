"""Whatever cuts `make setup` short, running it again mends it: on stubs of Python and uv."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Makes environments that hold itself and the stub of uv; its checks find what uv has left half done.
PYTHON = """#!/usr/bin/env bash
case "$*" in
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp stub-uv "$3/bin/uv" ;;
*" files") [ ! -e "$(dirname "$0")/../half" ] ;;
*" imports") [ ! -e broken-import ] ;;
*" torch "*) cat build 2>/dev/null || echo cuda ;;
esac
"""

# Leaves something half done while it works; `told` makes it fail, or say that it is at work and never end.
UV = """#!/usr/bin/env bash
half=$(dirname "$0")/../half
echo "$@" >>asked
case " $* " in *" - "*) cat >>asked ;; *" requirements.txt "*) cat requirements.txt >>asked ;; esac
case "$*" in *--torch-backend=cpu*) [ ! -e no-index ] || exit 1 ;; esac
touch "$half" "$half-$2"
case "$(cat told 2>/dev/null)" in
fail) exit 1 ;;
cut) exit 0 ;;
hang) echo "at work" >news; exec sleep 600 ;;
esac
rm "$half"
"""

Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our Makefile and script, whose packages come from the stubs."""
    for name in ("Makefile", ".ci/install"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name, source in {"stub-python": PYTHON, "stub-uv": UV}.items():
        (tmp_path / name).write_text(source)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "requirements.txt").write_text("brush==1.0\nnvidia-paint==1.0\n")
    (tmp_path / "requirements-dev.txt").write_text("brush==1.0\neasel==1.0\nnvidia-paint==1.0\n")
    (tmp_path / "node_modules").mkdir()
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).touch()
    (tmp_path / "node_modules" / ".stamp").touch()
    os.mkfifo(tmp_path / "news")
    return tmp_path


def command(*arguments: str) -> list[str]:
    return ["make", "PYTHON=./stub-python", *arguments]


@pytest.fixture
def make(project: Path) -> Make:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        asked = command(*(arguments or ("setup",)))
        return subprocess.run(asked, cwd=project, env=env, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def installing(project: Path) -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    """Start `make` and wait until its uv is at work, for ever."""
    started: list[subprocess.Popen[bytes]] = []

    def start(target: str) -> "subprocess.Popen[bytes]":
        (project / "told").write_text("hang")
        started.append(subprocess.Popen(command(target), cwd=project, start_new_session=True))
        assert (project / "news").read_text() == "at work\n"
        (project / "told").unlink()
        return started[-1]

    yield start
    for process in started:
        end_group(process)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End `make` and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def is_whole(project: Path, *stamps: str) -> bool:
    there = {path.name for path in (project / ".venv").iterdir()}
    return {*stamps} <= there and not there & {"half", "unfinished", "litter"}


def test_what_is_installed_is_left_alone(project: Path, make: Make) -> None:
    assert make("setup-dev").returncode == 0
    assert is_whole(project, "runtime.stamp", "dev.stamp")
    (project / ".venv" / "mine").touch()
    assert "Installing" not in make("setup-dev").stdout
    assert (project / ".venv" / "mine").exists()


def test_new_requirements_replace_the_old_ones_in_place(project: Path, make: Make) -> None:
    make()
    (project / ".venv" / "mine").touch()
    os.utime(project / "requirements.txt", (2**32, 2**32))
    assert make().returncode == 0
    assert (project / ".venv" / "half-sync").exists(), "what is needed no more is removed"
    assert (project / ".venv" / "mine").exists()


@pytest.mark.parametrize("target", ["setup", "setup-dev"])
@pytest.mark.parametrize("how", ["fail", "cut"])
def test_after_a_failure_the_next_call_begins_anew(how: str, target: str, project: Path, make: Make) -> None:
    make("setup")
    (project / ".venv" / "litter").touch()
    os.utime(project / f"requirements{target.removeprefix('setup')}.txt", (2**32, 2**32))
    (project / "told").write_text(how)
    failed = make(target)
    assert failed.returncode != 0
    assert "the same command begins anew" in failed.stderr
    (project / "told").unlink()
    assert make(target).returncode == 0
    assert is_whole(project, "runtime.stamp")


def test_an_import_that_fails_fails_the_set_up(project: Path, make: Make) -> None:
    (project / "broken-import").touch()
    assert make().returncode != 0
    (project / "broken-import").unlink()
    assert make().returncode == 0
    assert is_whole(project, "runtime.stamp")


@pytest.mark.parametrize("target", ["setup", "setup-dev"])
def test_after_a_kill_the_next_call_begins_anew(
    target: str, project: Path, make: Make, installing: Callable[[str], "subprocess.Popen[bytes]"]
) -> None:
    if target == "setup-dev":
        make("setup")
    end_group(installing(target))
    (project / ".venv" / "litter").touch()
    assert make(target).returncode == 0
    assert is_whole(project, "runtime.stamp", *(["dev.stamp"] if target == "setup-dev" else []))


@pytest.mark.skipif(not shutil.which("flock"), reason="without flock nobody waits")
def test_an_installer_that_outlives_its_make_is_waited_for(
    project: Path, installing: Callable[[str], "subprocess.Popen[bytes]"]
) -> None:
    killed = installing("setup")
    killed.kill()
    second = subprocess.Popen(command("setup"), cwd=project, stdout=subprocess.PIPE, text=True)
    assert second.stdout
    assert "Waiting for another installation to end" in second.stdout.readline()
    assert (project / ".venv" / "half").exists()
    end_group(killed)
    assert second.wait(60) == 0
    second.stdout.close()
    assert is_whole(project, "runtime.stamp")


def test_a_python_that_is_too_old_is_told_before_anything_is_removed(project: Path, make: Make) -> None:
    (project / "stub-python").write_text('#!/usr/bin/env bash\n[ "$1" != -c ]\n')
    (project / ".venv").mkdir()
    (project / ".venv" / "mine").touch()
    assert make().returncode != 0
    assert (project / ".venv" / "mine").exists()


def asked(project: Path) -> str:
    return (project / "asked").read_text()


@pytest.mark.parametrize(
    ("build", "backend", "cuda"), [("cuda", False, True), ("plain", False, False), ("cpu", True, False)]
)
def test_the_chosen_build_of_pytorch_is_installed(
    build: str, backend: bool, cuda: bool, project: Path, make: Make
) -> None:
    (project / "build").write_text(build)
    assert make().returncode == 0
    assert ("--torch-backend=cpu" in asked(project)) == backend
    assert ("nvidia-paint" in asked(project)) == cuda
    assert "--reinstall" not in asked(project)


def test_a_build_that_cannot_be_had_gives_way_to_the_other_one_whole(project: Path, make: Make) -> None:
    (project / "build").write_text("cpu")
    (project / "no-index").touch()
    done = make()
    assert done.returncode == 0, done.stderr
    assert "cannot be had: taking the one with CUDA" in done.stdout
    assert "sync --reinstall-package torch --reinstall-package torchvision" in asked(project)
    assert "nvidia-paint" in asked(project)
    assert is_whole(project, "runtime.stamp")


def test_a_build_that_was_asked_for_and_cannot_be_had_is_an_error(project: Path, make: Make) -> None:
    (project / "build").write_text("cpu")
    (project / "no-index").touch()
    done = make("setup", "TORCH=cpu")
    assert done.returncode != 0
    assert "TORCH=cuda takes the build of PyPI" in done.stderr
    assert "nvidia-paint" not in asked(project)


def test_no_package_of_another_build_stays(project: Path, make: Make) -> None:
    make()
    (project / "build").write_text("cpu")
    os.utime(project / "requirements.txt", (2**32, 2**32))
    assert make().returncode == 0
    assert "--torch-backend=cpu --reinstall-package torch" in asked(project)
