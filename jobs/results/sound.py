"""Carries the sound of one file over into an MP4; no Django."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from pipelines.media.video import clock_of, open_container

# What browsers play out of an MP4; anything else is encoded anew as AAC.
COPIED = "aac"
BITS_S = 128_000
# About so many packets of sound a second.
PACKETS_S = 50.0
SILENT = "{:.1f} s of the sound could not be converted and are silent in the annotated video"
LAYOUTS = {1: "mono", 2: "stereo"}


class Sound:
    """The first sound of a file, if it has any that can be read; without one it does nothing.

    What is wrong with the sound ends the sound, never the video; `warnings` tells what was left out.
    """

    def __init__(self, path: Path) -> None:
        self._container: Any = open_container(path)
        streams = [stream for stream in self._container.streams.audio if stream.codec_context is not None]
        self._source: Any = streams[0] if streams else None
        self._begins_s = (self._container.start_time or 0) / av.time_base
        self._clock = clock_of(self._container, PACKETS_S)
        self._packets: Any = None
        self._waiting: Any = None
        self._waits_for_s = self._shift_s = Fraction(0)
        self._target: Any = None
        self._out: Any = None
        self._copies = False
        self._kind: tuple[str, str, int] | None = None
        self._resampler: Any = None
        self._left_out_s = 0.0

    @property
    def warnings(self) -> list[str]:
        """A sentence on what could not be decoded or converted, if anything."""
        if not self._left_out_s:
            return []
        return [SILENT.format(self._left_out_s)]

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def begin(self, target: Any) -> None:
        """Add the sound's stream to an output container of PyAV, before anything is written to it."""
        if self._source is None:
            return
        context = self._source.codec_context
        self._copies = context.name == COPIED and bool(context.extradata)
        if self._copies:
            self._out = target.add_stream_from_template(self._source)
        else:
            self._out = target.add_stream("aac", rate=min(context.sample_rate or 48_000, 48_000))
            self._out.layout = LAYOUTS.get(context.channels, "stereo")
            self._out.bit_rate = BITS_S
        self._target = target
        self._packets = self._container.demux(self._source)

    def copy_until(self, time_s: float) -> None:
        """Write what sounds before this time."""
        while self._out is not None and self._advance():
            if self._waits_for_s >= time_s:
                return
            packet, self._waiting = self._waiting, None
            if self._copies:
                self._copy(packet)
            else:
                self._encode(packet)

    def finish(self) -> None:
        """Write what the encoder still holds; nothing more comes."""
        if self._out is not None and not self._copies:
            self._target.mux(self._out.encode(None))

    def _advance(self) -> bool:
        """Have the next packet wait; False at the end."""
        while self._waiting is None:
            try:
                packet = next(self._packets, None)
            except av.FFmpegError:
                packet = None
            if packet is None:
                self._packets = iter(())
                return False
            if packet.size and packet.pts is not None:
                self._waiting = packet
                self._note_time(packet)
        return True

    def _note_time(self, packet: Any) -> None:
        """Continue the sound as the picture goes on where the file's clock restarts or jumps."""
        said_s = Fraction(packet.pts * packet.time_base)
        # Codecs may begin with what is not to be heard.
        self._clock.moment(max(float(said_s), self._begins_s))
        self._shift_s = Fraction(self._clock.shift_s).limit_denominator(av.time_base)
        self._waits_for_s = said_s + self._shift_s

    def _copy(self, packet: Any) -> None:
        shift = round(self._shift_s / packet.time_base)
        packet.pts += shift
        packet.dts = packet.pts if packet.dts is None else packet.dts + shift
        packet.stream = self._out
        self._target.mux(packet)

    def _encode(self, packet: Any) -> None:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self._left_out_s += float((packet.duration or 0) * packet.time_base)
            return
        for frame in frames:
            if frame.pts is not None:
                frame.pts += round(self._shift_s / frame.time_base)
            for piece in self._fitting(frame):
                self._target.mux(self._out.encode(piece))

    def _fitting(self, frame: Any) -> list[Any]:
        """A piece of sound as the encoder takes it; none where that cannot be made of it.

        The sound of joined recordings changes, and a resampler knows one kind only.
        """
        kind = frame.format.name, frame.layout.name, frame.rate
        if kind != self._kind:
            self._kind = kind
            self._resampler = av.AudioResampler(self._out.format, self._out.layout, self._out.rate)
        try:
            return list(self._resampler.resample(frame))
        except av.FFmpegError:
            self._left_out_s += frame.samples / frame.rate
            return []
