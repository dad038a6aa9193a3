import { spawnSync } from "node:child_process";
import { root } from "./place.mjs";

/** Something the user can cure; its message is all that is printed. */
export class SetupError extends Error {}

/**
 * What a program prints; undefined when it is not there or fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {string | undefined}
 */
export function ask(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Says what is done, does it by a program in the project's folder, and says how long it took. What the program prints is
 * shown only when it fails; then throws one line.
 *
 * @param {string} what
 * @param {string} program
 * @param {readonly string[]} args
 */
export function perform(what, program, args) {
  const started = Date.now();
  process.stdout.write(`${what} … `);
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (done.error || done.status !== 0) {
    process.stdout.write("failed\n");
    process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`);
    const how = done.error?.message ?? (done.signal ? `signal ${done.signal}` : `exit code ${done.status}`);
    throw new SetupError(`${[program, ...args].join(" ")} failed: ${how}`);
  }
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * Runs the body of a program of this folder: a cure is one line, anything else is a fault of ours and keeps its trace.
 *
 * @param {() => void | Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
