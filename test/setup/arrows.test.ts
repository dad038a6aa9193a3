import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const eslint = new ESLint({ cwd: root, overrideConfigFile: ".eslint.config.mjs" });

/** Rules that a file of kernel/src would break if it held this. */
async function broken(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: `${root}kernel/src/${file}` });
  return result!.messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId ?? "parse");
}

test.each([
  ["graph", "models/model.js"],
  ["models", "engine/fleet.js"],
  ["engine", "session/session.js"],
  ["session", "lens/index.js"],
  ["lens", "tuning/datasets/index.js"],
  ["tuning", "fairness/index.js"],
  ["display", "session/session.js"],
])("an import from %s of %s goes against the arrows", async (from, to) => {
  expect(await broken(`${from}/arrows.ts`, `export * from "../${to}";\n`)).toContain(
    "boundaries/dependencies",
  );
  const [room] = to.split("/");
  expect(await broken(`${room}/arrows.ts`, `export * from "../graph/point.js";\n`)).toEqual([]);
});
