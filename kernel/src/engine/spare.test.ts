import { expect, test } from "vitest";
import { SpareSegments, type Spare } from "./spare.js";

const released: string[] = [];

function spare(name: string, bytes: number, files: readonly string[] = []): Spare {
  const release = () => Promise.resolve(void released.push(name));
  return { executable: { run: () => Promise.reject(new Error("not to be run")), release }, files, bytes };
}

test("those used longest ago are released when they hold too many bytes, and none that is in use", async () => {
  released.length = 0;
  const kept = new SpareSegments(100);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => spare(name, 40)) as [Spare, Spare, Spare, Spare];
  kept.keep("a", a);
  kept.keep("b", b);
  await kept.trim(new Set());
  expect(released).toEqual([]);
  expect(kept.use("a")).toBe(a);
  kept.keep("c", c);
  await kept.trim(new Set([c.executable]));
  expect(released).toEqual(["b"]);
  expect(kept.use("b")).toBeUndefined();
  kept.keep("d", d);
  await kept.trim(new Set([a.executable, d.executable]));
  expect(released).toEqual(["b", "c"]);
  // One step that needs more than may be held has it.
  kept.keep("e", spare("e", 400));
  await kept.trim(new Set([a.executable, d.executable, kept.use("e")!.executable]));
  expect(released).toEqual(["b", "c"]);
});

test("more than 64 are too many, however small", async () => {
  released.length = 0;
  const kept = new SpareSegments(100);
  for (let each = 0; each < 70; each++) kept.keep(`${each}`, spare(`${each}`, 0));
  await kept.trim(new Set());
  expect(released).toEqual(["0", "1", "2", "3", "4", "5"]);
});

test("what holds a file that is gone is released", async () => {
  released.length = 0;
  const kept = new SpareSegments(100);
  kept.keep("a", spare("a", 1, ["/x", "/y"]));
  kept.keep("b", spare("b", 1, ["/x"]));
  await kept.forget(["/y"]);
  expect(released).toEqual(["a"]);
  expect(kept.use("a")).toBeUndefined();
});
