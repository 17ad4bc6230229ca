// Reads the numbers in the pictures that a page sends and gets back. It comes before the page's own scripts.
(() => {
  const BITS = 12;
  const CHECK_BITS = 4;
  const BLOCKS = 2 + BITS + CHECK_BITS;
  const LEAST_CONTRAST = 80;
  const STRIP = 32 / 480;
  const seen = {sent: {}, returned: {}, connections: []};
  window.benchNumbers = seen;

  const checksum = (number) => (number ^ (number >> 4) ^ (number >> 8) ^ 0b1010) & 0b1111;

  /** The number in a plane of brightness, or null. */
  function read(luma, width, height) {
    const levels = [];
    for (let block = 0; block < BLOCKS; block += 1) {
      const left = Math.round((width * block) / BLOCKS);
      const right = Math.round((width * (block + 1)) / BLOCKS);
      const quarter = Math.floor((right - left) / 4);
      let sum = 0;
      let count = 0;
      for (let y = Math.floor(height / 4); y < Math.floor((height * 3) / 4); y += 1) {
        for (let x = left + quarter; x < right - quarter; x += 1) {
          sum += luma[y * width + x];
          count += 1;
        }
      }
      levels.push(sum / count);
    }
    const [black, white] = levels;
    if (white - black < LEAST_CONTRAST) return null;
    let code = 0;
    for (const level of levels.slice(2)) code = (code << 1) | (level > (black + white) / 2 ? 1 : 0);
    const number = code >> CHECK_BITS;
    return (code & (2 ** CHECK_BITS - 1)) === checksum(number) ? number : null;
  }

  /** Note the number of every picture of a track; a number that comes again begins anew. */
  async function watch(track, note) {
    const reader = new MediaStreamTrackProcessor({track}).readable.getReader();
    let buffer = new Uint8Array(0);
    for (;;) {
      const {done, value: frame} = await reader.read();
      if (done) return;
      const now = performance.timeOrigin + performance.now();
      const width = frame.codedWidth;
      const height = Math.round((frame.codedHeight * STRIP) / 2) * 2;
      const rect = {x: 0, y: 0, width, height};
      const size = frame.allocationSize({rect});
      if (buffer.length < size) buffer = new Uint8Array(size);
      const planes = await frame.copyTo(buffer, {rect});
      frame.close();
      const number = read(buffer.subarray(planes[0].offset), planes[0].stride, height);
      if (number !== null) note(number, now);
    }
  }

  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints);
    for (const track of stream.getVideoTracks()) {
      watch(track.clone(), (number, now) => {
        seen.sent[number] = now;
        delete seen.returned[number];
      });
    }
    return stream;
  };

  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...options) {
      super(...options);
      seen.connections.push(this);
      this.addEventListener("track", ({track}) => {
        if (track.kind !== "video") return;
        watch(track.clone(), (number, now) => {
          if (number in seen.sent && !(number in seen.returned)) seen.returned[number] = now;
        });
      });
    }
  };
})();
