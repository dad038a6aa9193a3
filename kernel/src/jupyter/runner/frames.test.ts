import { expect, test } from "vitest";
import { frame, FrameReader } from "./frames.js";

const values = [{ kind: "a", text: "\u{1F600}" }, [], "x".repeat(5000), null];
const bytes = Buffer.concat(values.map(frame));

test("frames come back whole from pieces of any size", () => {
  for (const size of [1, 3, 4, 5, 1000, bytes.length]) {
    const reader = new FrameReader();
    const back: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) back.push(...reader.read(bytes.subarray(at, at + size)));
    expect(back).toEqual(values);
  }
});
