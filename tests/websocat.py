"""A stand-in for websocat, with the options that the demo uses."""

import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def main(arguments: list[str]) -> None:
    """Send each line of the input (as bytes with `--binary`) and print what comes until the server closes."""
    url = arguments[-1]
    with connect(url) as socket:
        try:
            if not sys.stdin.isatty():
                for line in sys.stdin.buffer:
                    socket.send(line if "--binary" in arguments else line.decode())
            while True:
                print(socket.recv(timeout=30))
        except ConnectionClosed:
            pass


if __name__ == "__main__":
    main(sys.argv[1:])
