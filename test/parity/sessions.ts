import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import type { Session } from "../../kernel/src/index.js";
import type { OpenOptions, Run } from "../../kernel/src/session/types.js";
import type { Observed } from "./expectation.js";
import type { Values } from "./goldens.js";

// The built library is what ships and what starts worker processes; its types are those of its source, so that types can be
// checked without a build.
const built: string = "../../kernel/dist/index.js";
export const vitrail = (await import(built)) as typeof import("../../kernel/src/index.js");

// A place for sockets that no other session of this user shares; when a test file ends, nothing may be left in it.
export const runtime = mkdtempSync(join(tmpdir(), "vt-"));
process.env["VITRAIL_RUNTIME_DIR"] = runtime;
afterAll(() => {
  expect(readdirSync(runtime)).toEqual([]);
  rmSync(runtime, { recursive: true });
});

let count = 0;

/**
 * The device that the tests run on: `VITRAIL_TEST_DEVICE=cuda:0 npx vitest run test/parity` holds a graphics card against
 * the same numbers.
 */
const testDevice = process.env["VITRAIL_TEST_DEVICE"] ?? "cpu";

/** As many of that device as a mesh has ranks; a list is taken as it is. */
function testDevices({ devices, mesh = {} }: OpenOptions): string[] {
  if (typeof devices === "object") return [...devices];
  const { pipeline = 1, data = 1, tensor = 1 } = mesh;
  return Array<string>(Math.max(devices ?? 1, pipeline * data * tensor)).fill(testDevice);
}

/** Open a session of its own for `use`, and close it whatever happens. One thread a worker: the tests share two cores. */
export async function withSession<T>(
  folder: string,
  options: OpenOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const name = `parity-${process.pid}-${count++}`;
  const session = await vitrail.Session.open(folder, {
    name,
    quiet: true,
    threads: 1,
    idleMinutes: 5,
    ...options,
    devices: testDevices(options),
  });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** A forward pass that brings back every hook point. */
export function forwardWithAll(session: Session, rows: readonly (readonly number[])[]): Promise<Run> {
  return session.forward(rows, { hooks: [vitrail.capture("*")] });
}

/** Every hook point of a run, the logits among them. */
export function observed(run: Run): Map<string, Observed> {
  return new Map(run.captures);
}

/** The logits that the run itself returns, as a point of the same name. */
export function returnedLogits(run: Run): Observed {
  if (run.logits === undefined) throw new Error("the run returned no logits");
  return { ...run.logits, point: { name: "logits", axes: ["batch", "position", "token"] } };
}

/** As many logits of each row's last position as a golden has [row, token], of a run with `logits: "last"`. */
export function firstLogits({ logits }: Run, { shape }: Values): Values {
  const [rows, count] = shape as [number, number];
  const tokens = logits!.shape[2]!;
  const first = Array.from({ length: rows }, (_, row) => [
    ...logits!.data.subarray(row * tokens, row * tokens + count),
  ]);
  return { shape: [rows, count], data: Float32Array.from(first.flat()) };
}

/** Meshes that every architecture must give the same numbers on. */
export const meshes = [
  { name: "pipeline 2", devices: 2, mesh: { pipeline: 2, tensor: 1 } },
  { name: "tensor 2", devices: 2, mesh: { pipeline: 1, tensor: 2 } },
  { name: "pipeline 2 × tensor 2", devices: 4, mesh: { pipeline: 2, tensor: 2 } },
] as const;
