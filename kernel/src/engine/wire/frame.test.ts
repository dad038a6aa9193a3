import { expect, test } from "vitest";
import { encodeFrame, FrameReader, maximumBody, maximumHeader } from "./frame.js";

/** A small linear congruential generator, so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

test("frames survive any cutting of the stream", () => {
  const next = random(7);
  const sent = Array.from({ length: 50 }, (_, index) => ({
    header: { kind: "message", index, text: "é🙂".repeat(Math.floor(next() * 40)) },
    body: Uint8Array.from({ length: Math.floor(next() * 300) }, () => Math.floor(next() * 256)),
  }));
  const stream = Buffer.concat(sent.flatMap(({ header, body }) => encodeFrame(header, body)));
  for (const largest of [1, 3, 17, 400, stream.length]) {
    const reader = new FrameReader();
    const received = [];
    for (let at = 0; at < stream.length;) {
      const size = Math.min(stream.length - at, 1 + Math.floor(next() * largest));
      received.push(...reader.push(stream.subarray(at, at + size)));
      at += size;
    }
    expect(() => reader.end()).not.toThrow();
    expect(received.map(({ header, body }) => ({ header, body: Uint8Array.from(body) }))).toEqual(sent);
  }
});

test("a truncated frame is noticed when the stream ends", () => {
  const frame = Buffer.concat(encodeFrame({ kind: "x" }, new Uint8Array(10)));
  for (let length = 1; length < frame.length; length++) {
    const reader = new FrameReader();
    expect(reader.push(frame.subarray(0, length))).toEqual([]);
    expect(() => reader.end()).toThrow(`connection closed in the middle of a message, after ${length} bytes`);
  }
});

test("an oversized frame is refused from its lengths alone", () => {
  const lengths = (header: number, body: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(header, 0);
    bytes.writeUInt32LE(body, 4);
    return bytes;
  };
  expect(() => new FrameReader().push(lengths(maximumHeader + 1, 0))).toThrow(
    /message header of .* bytes: at most/,
  );
  expect(() => new FrameReader().push(lengths(2, maximumBody + 1))).toThrow(
    /message body of .* bytes: at most/,
  );
});

test("random bytes give frames or a one-line error, never anything else", () => {
  const next = random(11);
  const told = { frames: 0, errors: 0 };
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(
      Array.from({ length: 8 + Math.floor(next() * 60) }, () => Math.floor(next() * 256)),
    );
    if (round % 2 === 0) {
      bytes.writeUInt32LE(Math.floor(next() * 8), 0);
      bytes.writeUInt32LE(Math.floor(next() * 8), 4);
    }
    // A digit is JSON: of so short a header one in a few is.
    if (round % 4 === 0) bytes.fill("7", 8);
    try {
      told.frames += new FrameReader().push(bytes).length;
    } catch (error) {
      told.errors += 1;
      expect((error as Error).message).toMatch(/^message (header|body) [^\n]*$/);
    }
  }
  expect(told.frames).toBeGreaterThan(0);
  expect(told.errors).toBeGreaterThan(100);
});
