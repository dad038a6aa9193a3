import { expect, test } from "vitest";
import { FairQueue } from "./queue.js";

function drain(queue: FairQueue<string, string>): string[] {
  const jobs: string[] = [];
  for (let job = queue.next(); job !== undefined; job = queue.next()) jobs.push(job);
  return jobs;
}

test("clients take turns, each in its own order", () => {
  const queue = new FairQueue<string, string>();
  for (const job of ["a1", "a2", "a3"]) queue.add("a", job);
  queue.add("b", "b1");
  for (const job of ["c1", "c2"]) queue.add("c", job);
  expect(drain(queue)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
});

test("a client that comes late still has its turn before the next of a busy one", () => {
  const queue = new FairQueue<string, string>();
  for (const job of ["a1", "a2", "a3"]) queue.add("a", job);
  expect(queue.next()).toBe("a1");
  queue.add("b", "b1");
  expect(drain(queue)).toEqual(["a2", "b1", "a3"]);
});

test("jobs can be taken back, and clients dropped", () => {
  const queue = new FairQueue<string, string>();
  for (const job of ["a1", "a2"]) queue.add("a", job);
  queue.add("b", "b1");
  expect(queue.take("a", (job) => job === "a2")).toBe("a2");
  expect(queue.take("a", (job) => job === "b1")).toBeUndefined();
  queue.drop("b");
  expect(drain(queue)).toEqual(["a1"]);
});
