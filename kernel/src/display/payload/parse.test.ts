import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attention } from "../attention/attention.js";
import { previousInHead1, runOf, words } from "../attention/fixture.js";
import { parseAttention, parsePanelReply } from "./parse.js";

const good = () => {
  const { payload } = attention(runOf({ layers: [0, 1], heads: 2, rows: [words(4)] }, previousInHead1));
  return JSON.parse(JSON.stringify(payload)) as Record<string, unknown>;
};

test.each<[string, (payload: Record<string, unknown>) => unknown, string]>([
  ["nothing", () => undefined, "attention payload: invalid input"],
  ["a text", () => "<script>", "attention payload: invalid input"],
  ["a missing part", ({ tokens: _, ...rest }) => rest, "attention payload.tokens: invalid input"],
  [
    "a wrong type deep inside",
    (p) => ({ ...p, layers: [0, "1"] }),
    "attention payload.layers[1]: invalid input",
  ],
  ["too few tokens", (p) => ({ ...p, tokens: ["a"] }), "overview pools 4 tokens into 4, the payload has 1"],
  [
    "too many heads",
    (p) => ({ ...p, heads: 3 }),
    "overview has shape [2, 2, 4, 4], the payload needs [2, 3, 4, 4]",
  ],
  [
    "a foreign map",
    (p) => ({ ...p, full: [{ ...(p["full"] as object[])[0], layer: 7 }] }),
    "full map of layer 7 head 0: the payload has no such head",
  ],
  [
    "a view of no head",
    (p) => ({ ...p, view: { ...(p["view"] as object), head: 2 } }),
    "view of layer 0 head 2: the payload has no such head",
  ],
  ["a number missing", (p) => ({ ...p, headNumbers: [3] }), "headNumbers has 1 entries, the payload 2 heads"],
  [
    "a head by another number",
    (p) => ({ ...p, headNumbers: [3, 4] }),
    "full map of layer 0 head 0: the payload has no such head",
  ],
  [
    "short scores",
    (p) => ({ ...p, scores: { ...(p["scores"] as object), first: [] } }),
    "scores.first has 0 entries, the payload 4 heads",
  ],
])("a payload with %s is refused in one line", (_, change, message) => {
  expect(() => parseAttention(good())).not.toThrow();
  expect(() => parseAttention(change(good()))).toThrow(message);
  expect(() => parseAttention(change(good()))).not.toThrow("\n");
});

test("panel replies are statuses or errors, nothing else", () => {
  expect(parsePanelReply({ op: "status", sessions: [] })).toEqual({ op: "status", sessions: [] });
  expect(parsePanelReply({ op: "error", message: "no" })).toEqual({ op: "error", message: "no" });
  expect(() => parsePanelReply({ op: "reboot" })).toThrow("session status");
  expect(() => parsePanelReply({ op: "status", sessions: [{ name: 1 }] })).toThrow(
    "session status.sessions[0].name",
  );
});

test("nothing that browsers import needs Node", () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const names = readdirSync(folder).filter((file) => !file.endsWith(".test.ts"));
  expect(names).toContain("index.ts");
  for (const name of names) {
    const source = readFileSync(folder + name, "utf8");
    const imports = [...source.matchAll(/\b(?:from |import |import\(|require\()"([^"]+)"/g)].map(
      (match) => match[1]!,
    );
    for (const path of imports) expect(path, name).toMatch(/^(\.\/|zod\/mini$)/);
    expect(source, name).not.toMatch(/\b(Buffer|process)\./);
  }
});
