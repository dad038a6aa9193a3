import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { opt } from "./sessions.fixture.js";

const library = new URL("../../dist/index.js", import.meta.url).href;
const onnxruntime = pathToFileURL(createRequire(import.meta.url).resolve("onnxruntime-node")).href;
/** x + x, as onnx.helper of Python writes it. */
const doubling = "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgQKABAR";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "vt-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** What a program of a user who has nothing yet leaves in that user's home, which is the place for what is temporary as well. */
function leftBy(program: string): string[] {
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    // Nothing of what is set where tests run: onnxruntime reports nothing from continuous integration.
    env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, VITRAIL_RUNTIME_DIR: join(home, "run") },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return readdirSync(home, { recursive: true, encoding: "utf8" });
}

test.runIf(process.platform === "linux")("onnxruntime alone writes down what it does, to report it", () => {
  const left = leftBy(`
    import { InferenceSession } from "${onnxruntime}";
    await InferenceSession.create(Buffer.from("${doubling}", "base64"));
  `);
  expect(left).toContainEqual(expect.stringMatching(/Microsoft.*onnxruntime\.db$/));
  expect(left).toContainEqual(expect.stringMatching(/^mat-debug-/));
});

test("a session and a model that is trained in the notebook's own process report nothing", () => {
  const left = leftBy(`
    import { readFileSync } from "node:fs";
    import { Session, train } from "${library}";
    const config = JSON.parse(readFileSync("${opt}/config.json", "utf8"));
    const optimiser = { kind: "sgd", learningRate: 0.1 };
    const recipe = { config, seed: 1, steps: 1, optimiser, schedule: { kind: "constant" }, clip: 1 };
    await train(recipe, () => ({ rows: [[2, 5, 9]] }));
    const session = await Session.open("${opt}", { quiet: true, threads: 1 });
    await session.forward([[2, 5, 9]]);
    await session.close();
  `);
  expect(left.filter((name) => name !== "run")).toEqual([]);
});
