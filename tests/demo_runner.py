"""Runs the code blocks of a Markdown page as a person would, one after the other."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READY_WITHIN_S = 120
BLOCK_WITHIN_S = 180
# Where the pages keep their files; a run of them has a place of its own.
SCRATCH = "/tmp/forgesyte-demo"


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what else its first line says, and its text."""

    language: str
    info: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    return [Block(language, info.strip(), text) for language, info, text in BLOCK.findall(page)]


def missing_lines(output: str, expected: str) -> list[str]:
    """The expected lines that no line of the output matches; `*` stands for anything."""
    lines = [line.strip() for line in output.splitlines()]
    wanted = [line.strip() for line in expected.splitlines()]
    return [want for want in wanted if not any(matches(line, want) for line in lines)]


def matches(line: str, pattern: str) -> bool:
    """True if a line fits the pattern; only `*` is special."""
    return fnmatchcase(line, re.sub(r"([\[?])", r"[\1]", pattern))


@dataclass
class Demo:
    """A shell session with one server beside it, whose files are at `scratch` in place of SCRATCH."""

    env: dict[str, str]
    scratch: Path
    server: subprocess.Popen[str] | None = None
    failures: list[str] = field(default_factory=list)

    def run(self, blocks: list[Block]) -> None:
        """Run the blocks up to the first that goes wrong; what did is in `failures`."""
        output = ""
        for block in self.in_scratch(blocks):
            if self.failures:
                return
            if block.language == "python":
                self.save(block)
            elif block.language == "output":
                for line in missing_lines(output, block.text):
                    self.failures.append(f"expected {line!r} in:\n{output}")
            elif "server" in block.info.split():
                self.start_server(block.text)
            elif block.language == "sh":
                output = self.shell(block.text)

    def in_scratch(self, blocks: list[Block]) -> Iterator[Block]:
        """The blocks with the paths of this run."""
        for block in blocks:
            here = [text.replace(SCRATCH, str(self.scratch)) for text in (block.info, block.text)]
            yield Block(block.language, *here)

    def save(self, block: Block) -> None:
        """Write a program where its block says."""
        path = Path(block.info.removeprefix("file="))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    def shell(self, text: str) -> str:
        """Run a block and return what it printed."""
        pid = str(process_group(self.server)) if self.server else ""
        done = subprocess.run(
            ["bash", "-eu", "-c", text],
            cwd=ROOT,
            env=self.env | {"SERVER_PID": pid},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BLOCK_WITHIN_S,
        )
        if done.returncode:
            self.failures.append(f"exit code {done.returncode} from:\n{text}\n{done.stdout}")
        return done.stdout

    def start_server(self, text: str) -> None:
        """Start a server in the place of the last one and wait for the line that says it is ready."""
        self.stop_server()
        self.server = subprocess.Popen(
            ["bash", "-c", text],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.server.stdout is not None
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            line = self.server.stdout.readline()
            if not line or "ready at http" in line:
                break
        if "ready at http" not in line:
            self.failures.append("the server did not become ready")

    def stop_server(self) -> None:
        """End the server and everything it started."""
        if self.server is None:
            return
        if self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGINT)
        try:
            self.server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
        assert self.server.stdout is not None
        self.server.stdout.close()
        self.server = None


def process_group(server: subprocess.Popen[str]) -> int:
    """The negative number that `kill` takes for a process and its children."""
    return -server.pid
