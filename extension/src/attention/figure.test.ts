import { beforeAll, expect, test } from "vitest";
import { AttentionFigure } from "./figure.js";
import { payload, tokens, weight } from "./fixture.js";

// jsdom has no canvas: what is drawn is tested in drawing.test.ts, and in a browser; here is everything else.
beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = (() => null) as never;
  Object.assign(globalThis, { ImageData: class {} });
});

const text = (node: Element, selector: string) => node.querySelector(selector)?.textContent ?? undefined;
const texts = (node: Element, selector: string) =>
  [...node.querySelectorAll(selector)].map((each) => each.textContent);
const press = (node: Element, key: string) =>
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

async function figure(change = {}): Promise<HTMLElement> {
  const { node } = await AttentionFigure.of(JSON.parse(JSON.stringify(payload(change))), "light");
  document.body.replaceChildren(node);
  return node;
}

test("the figure says what it shows, from where, and what was left out", async () => {
  const node = await figure();
  expect(text(node, ".vt-summary")).toBe("2 layers × 2 heads · 4 tokens");
  expect(text(node, ".vt-title")).toBe("Layer 3 · head 1");
  expect(texts(node, ".vt-keys .vt-token")).toEqual(["</s>", "The", "nurse", "↵"]);
  expect(texts(node, ".vt-queries .vt-token")).toEqual(["</s>", "The", "nurse", "↵"]);
  expect(text(node, ".vt-note")).toContain("3 of 4 heads are kept in full; the next head needs 9 bytes");
  expect(text(node, ".vt-provenance")).toBe(
    'toy (0123456789ab) · pipeline 2 × tensor 1 · cpu · f32 · vitrail 0.1.0 · forward("<b>The</b> nurse")',
  );
  expect(node.querySelector("b")).toBe(null);
});

test("arrow keys choose heads, and the status says which and what it does", async () => {
  const node = await figure();
  const stage = node.querySelector(".vt-overview-stage")!;
  press(stage, "ArrowLeft");
  await settled();
  expect(text(node, ".vt-title")).toBe("Layer 3 · head 0");
  expect(text(node, ".vt-status")).toBe("layer 3 · head 0 · previous token 0.90");
  press(stage, "ArrowDown");
  await settled();
  expect(text(node, ".vt-status")).toBe("layer 5 · head 0 · first token 0.70");
});

test("heads that were chosen of more have the model's numbers everywhere", async () => {
  const { full, view } = payload();
  const numbered = <Of extends { readonly head: number }>(of: Of) => ({ ...of, head: [7, 9][of.head] });
  const node = await figure({ headNumbers: [7, 9], full: full.map(numbered), view: numbered(view) });
  expect(text(node, ".vt-title")).toBe("Layer 3 · head 9");
  expect(texts(node, ".vt-head-labels span")).toEqual(["7", "9"]);
  press(node.querySelector(".vt-overview-stage")!, "ArrowLeft");
  await settled();
  expect(text(node, ".vt-status")).toBe("layer 3 · head 7 · previous token 0.90");
  press(node.querySelector(".vt-overview-stage")!, "ArrowDown");
  press(node.querySelector(".vt-overview-stage")!, "ArrowRight");
  await settled();
  expect(text(node, ".vt-title")).toBe("Layer 5 · head 9 · pooled");
});

test("a head that is not kept in full is shown from the overview, and said to be pooled", async () => {
  const node = await figure();
  press(node.querySelector(".vt-overview-stage")!, "ArrowDown");
  await settled();
  expect(text(node, ".vt-title")).toBe("Layer 5 · head 1 · pooled");
  press(node.querySelector(".vt-zoom-stage")!, "ArrowDown");
  expect(text(node, ".vt-status")).toMatch(/: at most /);
});

test("arrow keys read single weights with the tokens as they are spelled; escape leaves", async () => {
  const node = await figure();
  const stage = node.querySelector(".vt-zoom-stage")!;
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight"]) press(stage, key);
  expect(text(node, ".vt-status")).toBe(
    `query " nurse" at 2 → key "The" at 1: ${weight(3, 1, 2, 1).toFixed(3)}`,
  );
  expect(texts(node, ".vt-token-lit").sort()).toEqual(["The", "nurse"]);
  press(stage, "End");
  expect(text(node, ".vt-status")).toBe('query " nurse" at 2 → key "\\n" at 3: masked');
  press(stage, "Escape");
  expect(texts(node, ".vt-token-lit")).toEqual([]);
});

test("the same numbers are in tables with headers and captions", async () => {
  const node = await figure();
  for (const details of node.querySelectorAll("details")) {
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
  }
  const [weights, heads] = node.querySelectorAll("table");
  expect(text(weights!, "caption")).toBe("Weights of layer 3 head 1; rows are queries, columns are keys");
  expect(texts(weights!, "thead th")).toEqual(["query", "</s>", "The", "nurse", "↵"]);
  expect(texts(weights!, "tbody tr:nth-child(3) > *")).toEqual([
    "nurse",
    ...tokens.map((_, key) => (key > 2 ? "0" : weight(3, 1, 2, key).toFixed(3))),
  ]);
  expect(texts(heads!, "thead th")).toEqual(["head", "previous token", "first token", "itself"]);
  expect(texts(heads!, "tbody tr:nth-child(3) > *")).toEqual(["layer 5 head 0", "0.100", "0.700", "0.000"]);
  for (const th of node.querySelectorAll("th")) expect(["col", "row"]).toContain(th.getAttribute("scope"));
  // The open table follows the head shown.
  press(node.querySelector(".vt-overview-stage")!, "ArrowLeft");
  await settled();
  expect(text(node, "caption")).toContain("Weights of layer 3 head 0");
});

test("the scale can be changed, and says its ends", async () => {
  const node = await figure();
  const [linear, log] = node.querySelectorAll<HTMLButtonElement>(".vt-kinds button");
  expect([linear!.getAttribute("aria-pressed"), log!.getAttribute("aria-pressed")]).toEqual([
    "true",
    "false",
  ]);
  log!.click();
  expect([linear!.getAttribute("aria-pressed"), log!.getAttribute("aria-pressed")]).toEqual([
    "false",
    "true",
  ]);
  expect(texts(node, ".vt-end")).toEqual(["≤ 0.0001", "1"]);
});

test("a payload that is not sound is refused before anything is drawn", async () => {
  await expect(AttentionFigure.of({ tokens: 3 }, "light")).rejects.toThrow(/^attention payload\.tokens: /);
});
