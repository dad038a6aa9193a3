import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { heapSettings } from "./heap.js";

test("what the user has set comes before it, other settings of glibc stay", () => {
  const settings = heapSettings(5e8 + 0.5, { PATH: "/bin", GLIBC_TUNABLES: "glibc.cpu.x=1" }, false);
  expect(settings).toEqual({
    PATH: "/bin",
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: "1073741824",
    MALLOC_TOP_PAD_: "500000001",
    GLIBC_TUNABLES: "glibc.malloc.hugetlb=1:glibc.cpu.x=1",
  });
  expect(heapSettings(5e8, { MALLOC_TOP_PAD_: "7" }, false)["MALLOC_TOP_PAD_"]).toBe("7");
});

test("where memory is counted before it is used, none is asked for ahead", () => {
  expect(heapSettings(5e8, {}, true)).toEqual({
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: "1073741824",
  });
});

/** Megabytes of a process that are in its one heap once it holds 300 in six parts, and how many of them in huge pages if it may be. */
function heapOf(env: NodeJS.ProcessEnv): { asked: number; inHeap: number } {
  const program = `
    const parts = Array.from({ length: 6 }, () => Buffer.alloc(5e7, 1));
    const maps = require("node:fs").readFileSync("/proc/self/smaps", "utf8").split(/\\n(?=[0-9a-f]+-)/);
    const sum = (chosen) => chosen.reduce((sum, map) => sum + /Anonymous:\\s+(\\d+)/.exec(map)[1] / 1e3, 0);
    const heap = maps.filter((map) => map.includes("[heap]"));
    const asked = heap.filter((map) => /VmFlags:.* hg\\b/.test(map));
    console.log(JSON.stringify({ inHeap: sum(heap), asked: sum(asked), parts: parts.length }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { env, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as { asked: number; inHeap: number };
}

/** Undefined where the heap is not glibc's. */
const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
  .glibcVersionRuntime;

/** Whether a worker's heap asks for huge pages here: where all have them, or none, glibc does not. */
function asksHere(): boolean {
  const isKnown = Number(glibc?.split(".")[1]) >= 35 && heapSettings(1e9, {})["GLIBC_TUNABLES"] !== undefined;
  return isKnown && readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8").includes("[madvise]");
}

test.runIf(glibc)("a worker's heap is one, and asks for huge pages where they are given to who asks", () => {
  const { PATH } = process.env;
  expect(heapOf({ PATH, MALLOC_MMAP_MAX_: "0" }).asked).toBe(0);
  for (let run = 0; run < 3; run++) {
    const { asked, inHeap } = heapOf(heapSettings(1e9, { PATH }));
    expect(inHeap).toBeGreaterThan(290);
    expect(asked > 290).toBe(asksHere());
  }
});
