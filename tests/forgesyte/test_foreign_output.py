"""Words that libraries write past every logger come out as log lines."""

import json
import subprocess
import sys

PROGRAM = '''
import logging, os, subprocess, sys
from forgesyte import logs
from forgesyte.foreign_output import STDOUT, as_log_lines, own_stream
CHILD = """import sys; print('{"event": "of a child"}', file=sys.stderr)"""
handler = logging.StreamHandler()
handler.setFormatter(logs.JsonFormatter())
logging.basicConfig(level=logging.INFO, handlers=[handler])
with as_log_lines():
    os.write(1, b"a library in C\\nbar 10%\\rbar 20%\\n")
    os.write(2, b"Corrupt JPEG data: \\xff\\n")
    print("a library in Python")
    print("another one", file=sys.stderr)
    subprocess.run([sys.executable, "-c", CHILD])
    logging.getLogger("ours").info("our_event")
    print("for people", file=own_stream(STDOUT))
    os.write(2, b"last words")
print("afterwards")
'''


def test_all_but_our_own_words_become_log_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "for people\nafterwards\n"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    said = [line["text"] for line in lines if line["event"] == "library_output"]
    assert sorted(said) == [
        "Corrupt JPEG data: \ufffd",
        "a library in C",
        "a library in Python",
        "another one",
        "bar 10%",
        "bar 20%",
        "last words",
    ]
    assert {line["event"] for line in lines} == {"library_output", "our_event", "of a child"}
