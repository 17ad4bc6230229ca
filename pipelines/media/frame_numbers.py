"""Numbers the frames of a film, those that cannot be decoded included; pure."""

from heapq import heappop, heappush
from typing import Any

ONE_A_PACKET = frozenset(
    {"h264", "hevc", "mjpeg", "png", "gif", "prores", "ffv1", "qtrle", "wmv2", "msmpeg4v3", "flv"}
)
# A frame is shown soon after it is decoded.
ASTRAY_S = 60


class FrameNumbers:
    """Numbers frames from 1 in the order in which they are shown, counting those that cannot be decoded.

    A decoder works ahead: it complains of a frame before it has given out those that are shown earlier, so
    which frame is lost is seen when a later one appears. What is missing without a complaint was never to be
    shown.
    """

    def __init__(self) -> None:
        self._index = 0
        self._complaints: list[str] = []
        self._expected: list[int] = []

    def expect(self, timestamp: int | None) -> None:
        """A frame is to be shown at this time."""
        if timestamp is not None:
            heappush(self._expected, timestamp)

    def complain(self, why: str) -> None:
        """One of the frames that are expected cannot be decoded."""
        self._complaints.append(why)

    def number(self, timestamp: int | None) -> tuple[int, dict[int, str]]:
        """The number of the frame that is shown at this time, and of those lost before it with the reason."""
        missing = 0
        while self._expected and timestamp is not None and self._expected[0] <= timestamp:
            missing += heappop(self._expected) < timestamp
        lost = self._lose(len(self._complaints) if timestamp is None else missing)
        self._index += 1
        return self._index, lost

    def lost_at_end(self) -> dict[int, str]:
        """The frames that were lost after the last one that was shown."""
        return self._lose(len(self._complaints))

    def _lose(self, count: int) -> dict[int, str]:
        said, self._complaints = self._complaints[:count], self._complaints[count:]
        numbers = range(self._index + 1, self._index + 1 + len(said))
        self._index += len(said)
        return dict(zip(numbers, said, strict=True))


class Tally:
    """Compares the frames that a file holds with those that came of them.

    Some decoders lose a frame without a complaint. Only codecs are compared that make one frame of each
    packet: others hide some, or make one of two fields.
    """

    def __init__(self, codec: str) -> None:
        self._is_exact = codec in ONE_A_PACKET
        self._to_show = self._frames = self._astray = 0
        self.packets = self.lost = 0

    def read(self, packet: Any) -> None:
        """A packet of PyAV was read; the last one, which asks for what a decoder still holds, is none."""
        if packet.dts is None and not packet.size:
            return
        self.packets += 1
        self._to_show += not packet.is_discard
        if packet.pts is not None and packet.dts is not None:
            self._astray += abs(packet.pts - packet.dts) * packet.time_base > ASTRAY_S

    def decoded(self, frame: Any) -> None:
        """A frame of PyAV came of what was read."""
        self._frames += 1
        self._is_exact &= not frame.interlaced_frame

    def troubles(self) -> list[str]:
        """The fault of a file that was read to its end."""
        said = []
        if self._astray:
            said.append(
                f"The file's index is damaged: {self._astray:,} frames have times far from their place"
            )
        left_out = self._to_show - self._frames - self.lost
        if self._is_exact and left_out > 0:
            said.append(f"{left_out:,} more frames of the file cannot be decoded, and are left out")
        return said
