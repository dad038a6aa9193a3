import { expect, test } from "vitest";
import { Streams } from "./streams.js";

function gathering() {
  const published: [number, string, string][] = [];
  return { published, streams: new Streams((...message) => void published.push(message)) };
}

test("text is gathered by cell and stream, and order within a cell is kept", async () => {
  const { published, streams } = gathering();
  streams.write(1, "stdout", "a");
  streams.write(1, "stdout", "b");
  streams.write(2, "stdout", "other");
  streams.write(1, "stderr", "c");
  streams.write(1, "stdout", "d");
  expect(published).toEqual([
    [1, "stdout", "ab"],
    [1, "stderr", "c"],
  ]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(published.slice(2).sort()).toEqual([
    [1, "stdout", "d"],
    [2, "stdout", "other"],
  ]);
});

test("a flush publishes one cell's text and leaves the others waiting", () => {
  const { published, streams } = gathering();
  streams.write(1, "stdout", "a");
  streams.write(2, "stdout", "b");
  streams.flush(1);
  expect(published).toEqual([[1, "stdout", "a"]]);
  streams.flushAll();
  expect(published).toEqual([
    [1, "stdout", "a"],
    [2, "stdout", "b"],
  ]);
});

test("messages stay of moderate size, and every character arrives", () => {
  const { published, streams } = gathering();
  const piece = "x".repeat(300_000);
  for (let i = 0; i < 10; i++) streams.write(1, "stdout", piece);
  streams.flush(1);
  expect(published.length).toBeGreaterThan(2);
  expect(published.map(([, , text]) => text.length).reduce((a, b) => a + b)).toBe(3_000_000);
});
