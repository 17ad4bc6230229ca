"""The knowledge of one line of text that is followed: what it says, and whether that still holds."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.ocr.line_picture import LinePicture

# A line whose picture differs so much from the one that was read has changed; one that differs less may have.
# PIPELINES.md has the figures by which these were chosen.
CHANGED, DOUBTFUL = 0.22, 0.1
# A text is not shown for longer than this after its line has changed: with the way to the screen, a second.
STALE_AFTER_S = 0.8
# A line that may have changed is read again so long after it was read, and so is one whose picture changes on
# and on while its text stays: from the first pause on, its pauses double as long as that goes on,
# and get longer where nothing can be read.
DOUBTFUL_PAUSE_S = 0.6
FIRST_PAUSE_S = 0.1
BLANK_PAUSE_S = 1.5
CALM_AFTER_S = 2.0
# So many readings vote on a text: older ones are of another light and another distance.
VOTERS = 5


class Votes:
    """The last readings of one appearance of a line, each a vote of the weight of its score."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = deque(readings, VOTERS)

    def add(self, reading: Reading) -> None:
        """Count a reading with text."""
        self._readings.append(reading)

    def best(self) -> Reading | None:
        """The text with the most votes and its best score; None before the first reading."""
        votes: defaultdict[str, float] = defaultdict(float)
        for reading in self._readings:
            votes[reading.text] += reading.score
        if not votes:
            return None
        text = max(votes, key=votes.__getitem__)
        return Reading(text, max(reading.score for reading in self._readings if reading.text == text))


@dataclass
class TrackText:
    """One line: its readings, and when it is to be read again; times in seconds.

    `picture` is how it looked when it was read. It looked like that until `true_s`; since then it `waits`.
    `doubted` is the text of the last reading that contradicts the line's and was not sure. `hurries` counts
    the readings for changes of the picture that were none of the text.
    """

    waiting_since_s: float
    true_s: float = 0.0
    read_s: float = 0.0
    next_read_s: float = 0.0
    last_seen_s: float = 0.0
    tries: int = 0
    known: bool = False
    votes: Votes = field(default_factory=Votes)
    doubted: str | None = None
    picture: LinePicture | None = None
    waits: bool = False
    in_doubt: bool = False
    hurries: int = 0
    hurried_s: float = 0.0

    @property
    def best(self) -> Reading | None:
        """The text as far as it is known."""
        return self.votes.best()

    @property
    def is_urgent(self) -> bool:
        """True if nothing was read yet, or what was read may hold no longer."""
        return self.tries == 0 or self.waits

    @property
    def can_wait(self) -> bool:
        """True if nothing speaks against what was read."""
        return self.known and not (self.is_urgent or self.in_doubt or self.doubted)

    def see(self, difference: float | None, now: float) -> None:
        """Note by how much the line differs from its picture; None where it has none."""
        self.last_seen_s = now
        if difference is None:
            return
        if difference < CHANGED:
            self.true_s, self.waits = now, False
        elif not self.waits:
            self.waiting_since_s, self.waits = now, True
        self.in_doubt = difference >= DOUBTFUL and self.best is not None
        if self.waits or self.in_doubt:
            self.next_read_s = min(self.next_read_s, self.read_s + self._pause_s(now))
        if self.waits and self.best and now - self.true_s >= STALE_AFTER_S:
            self.begin()

    def begin(self, *readings: Reading) -> None:
        """Begin a new appearance with these readings."""
        self.votes = Votes(*readings)
        self.doubted = None
        self.tries = self.hurries = 0

    def take(self, reading: Reading, sure: bool) -> bool:
        """Count a reading, whose text is empty where it counts for nothing.

        Returns False where it leaves open what the line shows now: an unsure reading changes a text that was
        read surely, or one whose picture has changed, only when it is repeated.
        """
        best = self.best
        if not reading.text:
            return best is None
        if best and not is_same(best.text, reading.text):
            if sure or self.doubted == reading.text:
                self.begin(reading)
                return True
            if self.known or self.waits:
                self.doubted = reading.text
                return False
        self.votes.add(reading)
        self.doubted = None
        return True

    def settle(self, picture: LinePicture | None, now: float) -> None:
        """The known text holds for the line as it looks on this picture."""
        self.picture, self.true_s, self.waits, self.in_doubt = picture, now, False, False

    def hurry(self, now: float) -> None:
        """Count a reading for a change of the picture that was none of the text."""
        self.hurries, self.hurried_s = self.hurries + 1, now

    def _pause_s(self, now: float) -> float:
        """The least time between two readings of a line that differs from its picture."""
        if now - self.hurried_s >= CALM_AFTER_S:
            self.hurries = 0
        if not self.waits:
            return DOUBTFUL_PAUSE_S
        most = DOUBTFUL_PAUSE_S if self.best else BLANK_PAUSE_S
        return min(most, FIRST_PAUSE_S * 2.0 ** (self.hurries - 1)) if self.hurries else 0.0


def is_same(text: str, other: str) -> bool:
    """True if two readings differ in their blanks at most, which readers see now and then."""
    return "".join(text.split()) == "".join(other.split())
