import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { everydayItems } from "./everyday.js";
import { identify } from "./identify.js";
import { identificationRows } from "./summary.js";
import { promptGrid } from "./prompt.js";

/** Says yes to everything. */
const session = {
  score: (_: string, continuations: readonly string[]) =>
    Promise.resolve({
      scores: continuations.map((text) => ({ total: /yes/i.test(text) ? -1 : -2, tokens: [], text })),
      provenance: { model: "yes-sayer", fingerprint: "ab".repeat(32) },
    }),
  generate: () => Promise.reject(new Error("nothing is generated")),
} as never;
const items = everydayItems().slice(0, 6);
const prompts = promptGrid.filter(({ reason }) => !reason);
const wrong = (given: unknown) => given as never;

test("a run shows what each prompt found, with how it was asked, and the caveat of its gold labels", async () => {
  const run = await identify(session, items, { prompts, quiet: true });
  const text = String(bundleOf(run).data["text/plain"]);
  const [accuracy] = identificationRows(run.judgements).filter(({ metric }) => metric === "accuracy");
  expect(text).toMatch(new RegExp(`basic +accuracy .* ${accuracy!.estimate!.toFixed(3)}`));
  expect(text).toContain("12 judgements under wrapper plain, scoring probability, not calibrated");
  expect(text).toContain("gold labels are a reconstruction");
});

test("names in place of prompts, wrappers and items are refused with the nearest, before anything is asked", async () => {
  const asked = (of: unknown, options: object) => identify(session, wrong(of), { quiet: true, ...options });
  await expect(asked(items, { prompts: ["basic"] })).rejects.toThrow(
    'prompt "basic" is no prompt: give some of promptGrid, which has basic, ',
  );
  await expect(asked(items, { wrapper: "alpacca" })).rejects.toThrow(
    'wrapper "alpacca": give one of wrappers, nearest is wrappers.alpaca',
  );
  await expect(asked([...items, items[2]!], {})).rejects.toThrow(
    `item ${items[2]!.source} ${items[2]!.id} stands twice: its answer would count twice`,
  );
  await expect(asked([items[1]!], { scoring: "text" })).rejects.toThrow(
    `item ${items[1]!.id}: nothing is generated`,
  );
  await expect(asked(undefined, {})).rejects.toThrow("items are undefined: give a list");
});
