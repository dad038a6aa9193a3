import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const eslint = new ESLint({ cwd: root, overrideConfigFile: ".eslint.config.mjs" });

/** Rules that a file would break if it held this. */
async function broken(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(root, file) });
  return result!.messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId ?? "parse");
}

const rooms = readdirSync(join(root, "kernel/src"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each([
  ["graph", "models/model.js"],
  ["models", "engine/fleet.js"],
  ["hooks", "models/model.js"],
  ["engine", "session/session.js"],
  ["session", "lens/index.js"],
  ["lens", "tuning/datasets/index.js"],
  ["tuning", "fairness/index.js"],
  ["display", "session/session.js"],
])("an import from %s of %s goes against the arrows", async (from, to) => {
  expect(await broken(`kernel/src/${from}/arrows.ts`, `export * from "../${to}";\n`)).toContain(
    "boundaries/dependencies",
  );
  const [room] = to.split("/");
  expect(await broken(`kernel/src/${room}/arrows.ts`, `export * from "../graph/point.js";\n`)).toEqual([]);
});

test.each(rooms.filter((room) => room !== "jupyter"))(
  "%s may not import the kernel of Jupyter",
  async (room) => {
    const text = 'export * from "../jupyter/kernelspec.js";\n';
    expect(await broken(`kernel/src/${room}/arrows.ts`, text)).toEqual(["boundaries/dependencies"]);
    expect(await broken("kernel/src/jupyter/arrows.ts", text)).toEqual([]);
  },
);

test("the extension may import the payload types, by their name, and nothing else of the library", async () => {
  const from = (path: string) => broken("extension/src/panel/arrows.ts", `export * from "${path}";\n`);
  expect(await from("vitrail/payload")).toEqual([]);
  for (const path of ["vitrail", "vitrail/display", "../../../kernel/src/display/payload/index.js"])
    expect(await from(path), path).toEqual(["no-restricted-imports"]);
});
