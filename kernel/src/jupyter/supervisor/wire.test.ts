import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { Wire, type Envelope } from "./wire.js";

const message = (wire: Wire, buffers: Uint8Array[] = []): Envelope => ({
  identities: [Buffer.from("client")],
  header: wire.header("comm_msg"),
  parent: {},
  metadata: { a: 1 },
  content: { data: "\u{1F600}" },
  buffers,
});

test("a message comes back as it was, buffers included", () => {
  const wire = new Wire("key");
  const sent = message(wire, [new Uint8Array([1, 2, 3]), new Uint8Array()]);
  const back = wire.decode(wire.encode(sent).map((frame) => Buffer.from(frame)));
  expect(back.header).toEqual(sent.header);
  expect(back.content).toEqual(sent.content);
  expect(back.buffers.map((buffer) => [...buffer])).toEqual([[1, 2, 3], []]);
});

test("the signature covers the four JSON frames and not the buffers", () => {
  const wire = new Wire("key");
  const frames = wire.encode(message(wire, [new Uint8Array([9])]));
  const expected = createHmac("sha256", "key");
  for (const frame of frames.slice(3, 7)) expected.update(frame);
  expect(String(frames[2])).toBe(expected.digest("hex"));
});

test("a changed message and a foreign key are refused", () => {
  const wire = new Wire("key");
  const frames = wire.encode(message(wire)).map((frame) => Buffer.from(frame));
  const changed = frames.with(6, Buffer.from('{"data":"other"}'));
  expect(() => wire.decode(changed)).toThrow("message with a wrong signature");
  expect(() => new Wire("other").decode(frames)).toThrow("message with a wrong signature");
  expect(() => new Wire("").decode(changed)).not.toThrow();
});

test("an empty key means an empty signature", () => {
  const wire = new Wire("");
  expect(String(wire.encode(message(wire))[2])).toBe("");
});

test("messages without delimiter or with too few frames are refused", () => {
  const wire = new Wire("");
  expect(() => wire.decode([Buffer.from("x")])).toThrow(
    "message of 1 frames without the delimiter <IDS|MSG>",
  );
  expect(() => wire.decode([Buffer.from("<IDS|MSG>"), Buffer.from("")])).toThrow("it needs 5");
});
