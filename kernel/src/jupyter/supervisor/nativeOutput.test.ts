import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { endMark } from "../runner/protocol.js";
import { NativeOutput } from "./nativeOutput.js";

test("marks are taken out, wherever the pipe cuts the bytes", () => {
  const bytes = Buffer.from(`é before${endMark("nonce", 12)}\u0000 between ${endMark("nonce", 13)}after`);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const stream = new PassThrough();
    const seen: (string | number)[] = [];
    new NativeOutput(stream, "nonce", {
      text: (text) => void (text !== "" && seen.push(text)),
      marked: (cell) => void seen.push(cell),
    });
    stream.emit("data", bytes.subarray(0, cut));
    stream.emit("data", bytes.subarray(cut));
    stream.emit("end");
    const [before, after] = [seen.indexOf(12), seen.indexOf(13)];
    expect(seen.slice(0, before).join("")).toBe("é before");
    expect(seen.slice(before + 1, after).join("")).toBe("\u0000 between ");
    expect(seen.slice(after + 1).join("")).toBe("after");
  }
});
