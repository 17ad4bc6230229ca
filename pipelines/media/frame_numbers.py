"""Numbers the frames of a film, those that cannot be decoded included; pure."""

from heapq import heappop, heappush


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
