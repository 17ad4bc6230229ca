/** An overlay on a canvas that notes what is drawn, with a clock and a screen that the test moves. */
import { Overlay } from "../../../../static/js/live/overlay/overlay.js";
import { FakeDecoder, FakeScreen, fakeCanvas } from "../../canvas.js";
import { FakeClock } from "../../fakes.js";

export const BUS = { x: 0.1, y: 0.2, w: 0.2, h: 0.25, label: "bus", score: 0.8, trackId: 3 };

export function setUp({ size = { width: 640, height: 480 }, stage = { width: 800, height: 600 } } = {}) {
  const [clock, screen, decoder] = [new FakeClock(), new FakeScreen(), new FakeDecoder()];
  const [{ canvas, context, drawn }, picture] = [fakeCanvas(), fakeCanvas()];
  const told = [];
  const overlay = new Overlay({
    canvas,
    picture: picture.canvas,
    pictureSize: () => size,
    now: clock.now,
    requestFrame: screen.requestFrame,
    drawn: ({ frameIndex }) => told.push(frameIndex),
    decode: decoder.decode,
  });
  overlay.resize(stage, 2);
  const frameOf = (frameIndex, detections, takenAt = clock.now()) => (
    { frameIndex, detections, takenAt, size, jpeg: `jpeg ${frameIndex}`, text: "", timingsMs: {} });
  const show = (frameIndex, detections, takenAt) => {
    overlay.show(frameOf(frameIndex, detections, takenAt));
    screen.frame();
  };
  /** Every frame of the screen for so long. */
  const watch = (ms) => {
    for (let passed = 0; passed < ms; passed += 16) {
      clock.advance(16);
      screen.frame();
    }
  };
  const words = () => drawn.words.map((word) => word.words);
  return { overlay, clock, screen, decoder, canvas, context, drawn, picture: picture.drawn, told, show, frameOf, watch, words };
}

/** A bus that drives to the right, one answer after another. */
export function drive({ show, clock }, answers = 8) {
  for (let i = 0; i < answers; i += 1) {
    show(i + 1, [{ ...BUS, x: 0.1 + 0.02 * i }], clock.now());
    if (i < answers - 1) clock.advance(66);
  }
}
