import { beforeEach, expect, test } from "vitest";
import type { RankStatus, SessionStatus } from "vitrail/payload";
import { PanelView } from "./view.js";

const rank = (number: number, change: Partial<RankStatus> = {}): RankStatus => ({
  rank: number,
  device: "cpu",
  stage: number,
  dataRank: 0,
  tensorRank: 0,
  layers: { from: 6 * number, to: 6 * number + 6 },
  pid: 100 + number,
  state: "ready",
  memory: 300 * 2 ** 20,
  ...change,
});

const session = (change: Partial<SessionStatus> = {}): SessionStatus => ({
  name: "opt",
  model: "facebook/opt-125m",
  fingerprint: "f",
  mesh: "pipeline 2 × tensor 1",
  pid: 7,
  clients: 2,
  openedAt: "2026-11-01T00:00:00Z",
  state: "ready",
  ranks: [rank(0), rank(1)],
  weightBytes: 250 * 2 ** 20,
  residentBytes: 600 * 2 ** 20,
  ...change,
});

const live = (...sessions: SessionStatus[]) => ({ kind: "live", sessions, problem: null }) as const;
const texts = (selector: string) => [...document.querySelectorAll(selector)].map((each) => each.textContent);
const closed: string[] = [];
let view: PanelView;

beforeEach(() => {
  closed.length = 0;
  view = new PanelView((name) => closed.push(name));
  document.body.replaceChildren(view.node);
});

test("a session shows its ranks: device, memory, part of the model, and state in a word beside its mark", () => {
  view.show(live(session({ ranks: [rank(0), rank(1, { state: "lost", layers: { from: 6, to: 7 } })] })));
  expect(texts("h3")).toEqual(["opt"]);
  expect(texts(".vt-facts")).toEqual([
    "facebook/opt-125m · pipeline 2 × tensor 1 · 629\u00a0MB resident, 262\u00a0MB of weights · 2 notebooks",
  ]);
  expect(texts("thead th")).toEqual(["rank", "device", "memory", "state"]);
  expect(texts("tbody:nth-of-type(1) th, tbody:nth-of-type(1) td")).toEqual([
    "0",
    "cpu",
    "315 MB",
    "●ready",
    "stage 0 · layers 0–5 · data 0 · tensor 0",
  ]);
  expect(texts("tbody:nth-of-type(2) th, tbody:nth-of-type(2) td")).toEqual([
    "1",
    "cpu",
    "315 MB",
    "✕lost",
    "stage 1 · layer 6 · data 0 · tensor 0",
  ]);
  expect(texts(".vt-lost:not([hidden])")).toEqual(["✕ lost: rank 1"]);
  expect(texts("[role=status]")).toEqual(["opt is ready"]);
});

test("weights that are not held as published are said to be held otherwise", () => {
  view.show(live(session({ quantise: "int8" })));
  const [facts] = texts(".vt-facts");
  expect(facts).toContain("629\u00a0MB resident, 262\u00a0MB of weights, linear ones in int8 · 2 notebooks");
});

test("of a model's folder the panel shows the name, and the path on demand", () => {
  const shown = (model: string) => {
    view.show(live(session({ model })));
    const facts = document.querySelector<HTMLElement>(".vt-facts")!;
    expect(facts.title).toBe(model);
    return facts.textContent!.split(" · ")[0];
  };
  expect(shown("/home/ada/models/demo/")).toBe("demo");
  expect(shown("./models/opt-125m")).toBe("opt-125m");
  expect(shown("C:\\models\\gpt2")).toBe("gpt2");
  expect(shown("facebook/opt-125m")).toBe("facebook/opt-125m");
  expect(shown("/")).toBe("/");
});

test("closing takes two presses, and leaving the button forgets the first", () => {
  view.show(live(session()));
  const button = document.querySelector("button")!;
  button.click();
  expect([button.textContent, button.getAttribute("aria-label")]).toEqual([
    "Really close?",
    "really close session opt?",
  ]);
  button.dispatchEvent(new Event("blur"));
  button.click();
  expect(closed).toEqual([]);
  button.click();
  expect(closed).toEqual(["opt"]);
});

test("an update keeps the focus, and a session that ended disappears", () => {
  view.show(live(session(), session({ name: "gpt2" })));
  const button = document.querySelector("button")!;
  button.focus();
  view.show(live(session({ state: "busy" }), session({ name: "gpt2" })));
  expect(document.activeElement).toBe(button);
  expect(texts("[role=status]")).toEqual(["opt is busy, gpt2 is ready"]);
  view.show(live(session({ name: "gpt2" })));
  expect(texts("h3")).toEqual(["gpt2"]);
});

test("each way of having no session is a sentence", () => {
  const said = [
    { kind: "none", why: "no notebook" },
    { kind: "none", why: "no kernel" },
    { kind: "none", why: "other kernel" },
    { kind: "connecting" },
    { kind: "lost", message: "the kernel died" },
    live(),
  ] as const;
  const lines = said.map((state) => {
    view.show(state);
    return texts("[role=status]")[0];
  });
  expect(lines).toEqual([
    "Open a notebook to see its session.",
    "This notebook has no kernel.",
    "This notebook does not run on Vitrail.",
    "Connecting to the kernel…",
    "Not connected: the kernel died",
    "No session is open.",
  ]);
});
