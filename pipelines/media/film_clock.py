"""Gives frames their times: from the beginning of the film, and only forward; pure."""

from dataclasses import dataclass

# Recorders and joined files start their clocks anew or jump. These containers are made for that, and players
# take so many seconds between two frames for such a jump; in others they keep the gap.
JUMPING_CONTAINERS = ("mpegts", "mpeg", "mpegvideo", "wtv", "dv", "rm", "flv")
JUMP_S = 10.0
# No film shows one frame for longer than that, whatever its container.
GAP_S = 3600.0
# A frame that comes before the one before it by less than so many frames is in disorder: its clock goes on.
DISORDER_FRAMES = 1.5
# So long behind the one before is shown what has no later time of its own.
BEHIND_S = 0.001
DIGITS = 4
LEAST_S = 10**-DIGITS / 2


@dataclass(frozen=True)
class Moment:
    """The time of a frame in seconds from the beginning, and what was wrong with its clock, if anything."""

    time_s: float
    trouble: str = ""


class FilmClock:
    """Turns the clock of a file into times that begin at the beginning of the film and only go forward.

    A clock that restarts or jumps goes on one frame behind the frame before it; `shift_s` is what has to be
    added to the file's own clock at present, `last_s` the time of the last frame.
    """

    def __init__(self, begins_s: float, step_s: float, *, jump_s: float = GAP_S) -> None:
        self.shift_s = -begins_s
        self._jump_s = jump_s
        self._step_s = step_s
        self.last_s: float | None = None

    @property
    def end_s(self) -> float:
        """The end of the last frame: it lasts for as long as the one before it."""
        return 0.0 if self.last_s is None else round(self.last_s + self._step_s, DIGITS)

    def moment(self, clock_s: float | None) -> Moment:
        """The time of the next frame; `clock_s` is its time in the file, None where the file has none."""
        moment = self._first(clock_s) if self.last_s is None else self._next(self.last_s, clock_s)
        if self.last_s is not None and moment.time_s - self.last_s > BEHIND_S:
            self._step_s = moment.time_s - self.last_s
        self.last_s = moment.time_s
        return moment

    def _first(self, clock_s: float | None) -> Moment:
        """The first frame keeps its delay behind the sound, unless that is negative or too long."""
        if clock_s is None:
            return Moment(0.0)
        shown_s = clock_s + self.shift_s
        if 0 <= shown_s <= self._jump_s:
            return Moment(round(shown_s, DIGITS))
        self.shift_s = -clock_s
        return Moment(0.0)

    def _next(self, last_s: float, clock_s: float | None) -> Moment:
        if clock_s is None:
            return Moment(round(last_s + self._step_s, DIGITS))
        ahead_s = clock_s + self.shift_s - last_s
        if LEAST_S <= ahead_s <= self._jump_s:
            return Moment(round(last_s + ahead_s, DIGITS))
        if LEAST_S > ahead_s > -DISORDER_FRAMES * self._step_s:
            return Moment(round(last_s + BEHIND_S, DIGITS), "is not later than the frame before it")
        self.shift_s += self._step_s - ahead_s
        way = f"ahead by {ahead_s:,.1f} s" if ahead_s > 0 else f"back by {-ahead_s:,.1f} s"
        return Moment(round(last_s + self._step_s, DIGITS), f"comes where the film's clock jumps {way}")


def jump_of(container: str) -> float:
    """The greatest gap between two frames that is no jump, in a container of this name of FFmpeg's."""
    return JUMP_S if set(container.split(",")) & set(JUMPING_CONTAINERS) else GAP_S


class BestTimestamp:
    """Chooses between the two timestamps of a frame, as FFmpeg's programs do: the one that goes forward.

    The algorithm of `guess_correct_pts` in libavcodec's decode.c.
    """

    def __init__(self) -> None:
        self._faulty = {"pts": 0, "dts": 0}
        self._last: dict[str, int | None] = {"pts": None, "dts": None}

    def choose(self, pts: int | None, dts: int | None) -> int | None:
        """The time of the next frame, in units of its stream; None where it has none."""
        if dts is None and pts is not None and pts == self._last["pts"]:
            # What a decoder still held at the end of the file may have the time of the packet before it.
            return None
        self._note("dts", dts, dts if dts is not None else pts)
        self._note("pts", pts, pts if pts is not None else dts)
        if pts is not None and (dts is None or self._faulty["pts"] <= self._faulty["dts"]):
            return pts
        return dts

    def _note(self, name: str, value: int | None, seen: int | None) -> None:
        last = self._last[name]
        self._faulty[name] += value is not None and last is not None and value <= last
        self._last[name] = last if seen is None else seen
