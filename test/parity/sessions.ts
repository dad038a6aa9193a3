import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../../kernel/src/index.js";
import type { OpenOptions, Run } from "../../kernel/src/session/types.js";
import type { Observed } from "./expectation.js";
import type { Values } from "./goldens.js";

// The built library is what ships and what starts worker processes; its types are those of its source, so that types can be
// checked without a build.
const built: string = "../../kernel/dist/index.js";
export const vitrail = (await import(built)) as typeof import("../../kernel/src/index.js");

// A place for the sockets of the test files that this process runs, which no other session of this user shares.
export const runtime = mkdtempSync(join(process.env["VITRAIL_TEST_RUNTIMES"]!, "t-"));
process.env["VITRAIL_RUNTIME_DIR"] = runtime;

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

let count = 0;

/** One thread a worker: the tests share two cores. Once the process of tests is gone, so are its sessions soon. */
function open(
  folder: string,
  options: OpenOptions,
  name = `parity-${process.pid}-${count++}`,
): Promise<Session> {
  return vitrail.Session.open(folder, {
    name,
    quiet: true,
    threads: 1,
    idleMinutes: 1,
    ...options,
    devices: testDevices(options),
  });
}

/** Open a session that nothing else uses for `use`, and close it whatever happens. */
export async function withOwnSession<T>(
  folder: string,
  options: OpenOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(folder, options);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Sessions that wait for a next use, by what they were opened with; the one used longest ago comes first. */
const waiting = new Map<string, Session>();

/** So many sessions of a process of tests stay alive: in 140 MB each, mostly. */
const mostWaiting = 24;

/** Names of the sessions that wait: nothing else may be in `runtime` when a test file ends. */
export const namesWaiting = (): string[] => [...waiting.values()].map(({ name }) => name);

/** Ends the sessions that wait, where what they need goes away before the process does. */
export async function endWaiting(): Promise<void> {
  await Promise.all([...waiting.values()].map((session) => session.close()));
  waiting.clear();
}

/**
 * Find the live session of this model and these options, or open it, for `use`. It stays alive for the next test that wants
 * the same, be it of another file, because its processes take longer to start than most tests to run; each use has a client of
 * its own, so that no hook, saved value or edited parameter goes from one test to the next. What fails is not used again.
 */
export async function withSession<T>(
  folder: string,
  options: OpenOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([folder, options]);
  const live = waiting.get(key) ?? (await open(folder, options));
  waiting.delete(key);
  let leaving: Session | undefined = live;
  try {
    const session = await open(folder, options, live.name);
    const result = await use(session).finally(() => session.detach());
    // A use within this one may have left another of the kind; of what waits, the one used longest ago makes room.
    leaving = waiting.get(key);
    waiting.delete(key);
    waiting.set(key, live);
    const [oldest] = waiting;
    if (waiting.size > mostWaiting && oldest !== undefined) {
      leaving = oldest[1];
      waiting.delete(oldest[0]);
    }
    return result;
  } finally {
    await leaving?.close();
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
