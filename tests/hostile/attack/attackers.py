"""Clients that mean harm: each sends its share of messages and notes every answer that is not documented."""

import http.client
import json
import sys
from collections.abc import Callable
from random import Random
from typing import Any

from tests.hostile.attack.documented import CODES, PROTOCOL_ENDS, REALTIME, STATUSES, STREAM
from tests.hostile.corpus.bodies import MULTIPART, definition_body, form
from tests.hostile.corpus.frames import broken_frame, pictures
from tests.hostile.corpus.messages import broken_json, socket_bytes
from tests.hostile.corpus.requests import request
from tests.hostile.sockets.raw_socket import CLOSE, PING, TEXT, Frame, RawSocket, frame
from tests.hostile.sockets.raw_socket import STREAM as STREAM_PATH

MOST_FAULTS = 20
GOOD = frozenset({200, 202, 204, 206, 301, 302, 304})
VALIDATE, RUN, SUBMIT = "/pipelines/validate", "/pipelines/quick/run", "/video/submit"
SUBMIT_FIELDS = ("file", "pipeline_id", "plugin_id", "tool", "params", "frame_stride", "max_frames", "device")


class Attacker:
    """Sends messages of one kind until so many are sent; `faults` is what the server should not have done."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.random = Random(seed)
        self.sent = 0
        self.faults: list[str] = []
        self._line: http.client.HTTPConnection | None = None

    def fault(self, what: str) -> None:
        """Write down what is wrong."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(what[:500])

    def run(self, kind: str, count: int) -> None:
        """Attack until `count` messages are sent."""
        attack: Callable[[], None] = getattr(self, kind)
        while self.sent < count:
            try:
                attack()
            except TimeoutError:
                self.fault(f"{kind}: no answer in time")
            except (BrokenPipeError, ConnectionResetError):
                # The server ended the connection while we were still sending.
                self._line = None

    # Sockets

    def frames(self) -> None:
        """Good frames and then a bad one: each is answered, in a session that says why it ends."""
        good = self.random.randint(2, 30)
        frames = [self.random.choice(pictures()) for _ in range(good)]
        bad = broken_frame(self.random)
        with RawSocket(self.port) as socket:
            self.sent += 1
            for data in [*frames, bad]:
                socket.send(frame(data))
                self.sent += 1
            socket.send(frame(b"end", PING))
            self._check_answers(socket, good + 1)

    def _check_answers(self, socket: RawSocket, count: int) -> None:
        """Every frame has exactly one answer, and an error is followed by its close code."""
        answered: list[int] = []
        error = ""
        while len(answered) < count and (found := socket.read()):
            if found.opcode == CLOSE:
                self._check_end(found, error, STREAM)
                break
            if found.opcode == TEXT:
                message = json.loads(found.payload)
                answered += [message["frame_index"]] if "frame_index" in message else []
                error = message.get("error", error)
                if error:
                    self._check_end(self._close_of(socket), error, STREAM)
                    break
        missing = set(range(1, count + 1)) - set(answered)
        if len(answered) != len(set(answered)) or (missing and error != "too_many_sessions"):
            self.fault(f"frames: answered {answered} of {count}, error {error!r}")

    def _close_of(self, socket: RawSocket) -> Frame | None:
        while (found := socket.read()) and found.opcode != CLOSE:
            pass
        return found

    def _check_end(self, close: Frame | None, error: str, known: dict[str, int]) -> None:
        if close is None:
            self.fault(f"no close frame after {error!r}")
        elif error and known.get(error) != close.close_code:
            self.fault(f"close code {close.close_code} after {error!r}")
        elif error in ("internal_error", "pipeline_failure"):
            self.fault(f"{error} ended a session")
        elif not error and close.close_code not in PROTOCOL_ENDS:
            self.fault(f"close code {close.close_code} without an error")

    def messages(self) -> None:
        """Messages to the realtime socket: pongs, and what is none."""
        query = self.random.choice(
            ("", "", "?job_id=x", "?job_id=00000000-0000-0000-0000-000000000000", "?job_id=" * 400)
        )
        with RawSocket(self.port, f"/realtime{query}") as socket:
            self.sent += 1
            for _ in range(self.random.randint(1, 19)):
                socket.send(frame(b'{"type": "pong"}', TEXT))
                self.sent += 1
            socket.send(frame(broken_json(self.random), self.random.choice((TEXT, TEXT, 2))))
            socket.send(frame(b"", CLOSE))
            self.sent += 1
            self._check_words(socket, REALTIME, lambda message: message["payload"].get("code", ""))

    def broken_protocol(self) -> None:
        """Frames that break RFC 6455, on either socket."""
        path = self.random.choice(
            (STREAM_PATH, "/realtime", "/ws/video/stream", "/ws/video/stream?pipeline_id=%00")
        )
        with RawSocket(self.port, path) as socket:
            self.sent += 1
            for _ in range(self.random.randint(1, 12)):
                socket.send(socket_bytes(self.random))
                self.sent += 1
            socket.send(frame(b"\x03\xe8", CLOSE))
            socket.finish()
            known = REALTIME if path == "/realtime" else STREAM
            self._check_words(
                socket,
                known,
                lambda message: message.get("error") or message.get("payload", {}).get("code", ""),
            )

    def _check_words(self, socket: RawSocket, known: dict[str, int], code_of: Callable[[Any], str]) -> None:
        error = ""
        for found in socket.until_the_end():
            if found.opcode == TEXT:
                error = code_of(json.loads(found.payload)) or error
            elif found.opcode == CLOSE and (error or found.close_code is not None):
                self._check_end(found, error, known)

    # Requests

    def definitions(self) -> None:
        """Definitions to be checked."""
        headers = {"Content-Type": self.random.choice(("application/json", "text/plain", ""))}
        self._ask("POST", VALIDATE, definition_body(self.random), headers)

    def forms(self) -> None:
        """Pictures and files of every kind in forms of every kind."""
        headers = {
            "Content-Type": self.random.choice(
                (MULTIPART,) * 9 + ("multipart/form-data; boundary=" + "x" * 300,)
            )
        }
        if self.random.random() < 0.8:
            self._ask("POST", RUN, form(self.random), headers)
        else:
            self._ask("POST", SUBMIT, form(self.random, fields=SUBMIT_FIELDS), headers)

    def requests(self) -> None:
        """Addresses, queries, methods and headers."""
        method, path, headers = request(self.random)
        self._ask(method, path, b"", headers)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        self.sent += 1
        line = self._line = self._line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, headers)
            response = line.getresponse()
            content = response.read()
        except http.client.HTTPException as error:
            self._line = None
            if not isinstance(error, http.client.RemoteDisconnected):
                self.fault(f"{method} {path[:100]}: {error!r}")
            return
        if response.getheader("Connection") == "close":
            self._line = None
        self._check_answer(f"{method} {path[:100]}", response, content)

    def _check_answer(self, asked: str, response: http.client.HTTPResponse, content: bytes) -> None:
        if response.status in GOOD:
            return
        if response.status not in STATUSES:
            self.fault(f"{asked}: status {response.status} {content[:200]!r}")
        elif response.getheader("Content-Type", "").startswith("application/json"):
            error = json.loads(content or b"{}").get("error")
            if content and error not in CODES:
                self.fault(f"{asked}: {response.status} with the error {error!r}")


KINDS = ("frames", "frames", "messages", "broken_protocol", "definitions", "forms", "requests")


def main() -> None:
    """`PORT SEED COUNT`: attack in every way, and print what was found."""
    port, seed, count = (int(word) for word in sys.argv[1:])
    random = Random(seed)
    sent = 0
    faults: list[str] = []
    while sent < count:
        attacker = Attacker(port, random.getrandbits(32))
        attacker.run(random.choice(KINDS), min(100, count - sent))
        sent += attacker.sent
        faults += attacker.faults
    print(json.dumps({"sent": sent, "faults": faults[:MOST_FAULTS]}))


if __name__ == "__main__":
    main()
