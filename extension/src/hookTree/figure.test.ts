import { beforeEach, expect, test } from "vitest";
import { fixture } from "./fixture.js";
import { HookTreeFigure } from "./figure.js";

let node: HTMLElement;
beforeEach(async () => {
  const made = await HookTreeFigure.of(JSON.parse(JSON.stringify(fixture)));
  node = made.node;
  document.body.replaceChildren(node);
});

const item = (name: string) => node.querySelector<HTMLElement>(`[role=treeitem][data-name="${name}"]`)!;
const isOpen = (name: string) => item(name).getAttribute("aria-expanded");
const seen = () =>
  [...node.querySelectorAll<HTMLElement>("[role=treeitem]")]
    .filter((each) => each.closest("[hidden]") === null)
    .map((each) => each.dataset["name"]);
const focused = () => (document.activeElement as HTMLElement).dataset["name"];
function press(...keys: string[]): void {
  for (const key of keys)
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
}
function filter(text: string): void {
  const field = node.querySelector("input")!;
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

test("layers are folded but for those in which hooks act", () => {
  expect(node.querySelector("[role=tree]")!.getAttribute("aria-label")).toBe("Hook points of tiny");
  expect(["layers.0", "layers.1", "layers.1.attention", "layers.2"].map(isOpen)).toEqual([
    "false",
    "true",
    "true",
    "false",
  ]);
  expect(isOpen("norm")).toBe(null);
  expect(item("layers.1.attention.q").getAttribute("aria-level")).toBe("3");
  expect(seen()).toEqual([
    "embedding",
    "layers.0",
    "layers.1",
    "layers.1.residual.in",
    "layers.1.attention",
    "layers.1.attention.q",
    "layers.1.attention.output",
    "layers.1.mlp",
    "layers.1.mlp.output",
    "layers.1.residual.out",
    "layers.2",
    "layers.3",
    "layers.4",
    "norm",
  ]);
});

test("hooks stand under their points with their groups; a folded part counts them; disabled ones look otherwise", () => {
  const marks = (name: string) =>
    [...item(name).querySelectorAll(":scope > .vt-tree-mark")].map((mark) => ({
      groups: [...mark.querySelectorAll(".vt-tree-group")].map(({ textContent }) => textContent),
      off: mark.classList.contains("vt-tree-off"),
      text: [...mark.children].map(({ textContent }) => textContent).join(" "),
    }));
  expect(marks("layers.1.mlp.output")).toEqual([
    {
      groups: ["ablate", "study"],
      off: true,
      text: '○ quiet edit("layers.1.mlp.output", zero) ablate study disabled',
    },
  ]);
  expect(marks("norm")[0]).toMatchObject({ groups: ["study"], off: false });
  expect(marks("norm")[0]!.text).toContain("host edit");
  expect(marks("norm")[0]!.text).toContain("by model.norm");
  const counts = item("layers.1").querySelectorAll(":scope > .vt-tree-row .vt-tree-count");
  expect([...counts].map(({ textContent }) => textContent)).toEqual(["● 1 hook", "○ 1 disabled"]);
  expect(item("layers.0").querySelector(".vt-tree-count")).toBe(null);
});

test("arrows, Home and End walk and fold; one item is in the tab order", () => {
  expect(node.querySelectorAll("[role=treeitem][tabindex='0']")).toHaveLength(1);
  item("embedding").focus();
  press("ArrowDown");
  expect([focused(), isOpen("layers.0")]).toEqual(["layers.0", "false"]);
  press("ArrowRight");
  expect([focused(), isOpen("layers.0")]).toEqual(["layers.0", "true"]);
  press("ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown");
  expect(focused()).toBe("layers.0.attention.q");
  press("ArrowLeft", "ArrowLeft");
  expect([focused(), isOpen("layers.0.attention")]).toEqual(["layers.0.attention", "false"]);
  press("End");
  expect(focused()).toBe("norm");
  press("ArrowDown", "ArrowUp");
  expect(focused()).toBe("layers.4");
  press("Enter", "Home");
  expect([focused(), isOpen("layers.4")]).toEqual(["embedding", "true"]);
  expect(node.querySelectorAll("[role=treeitem][tabindex='0']")).toHaveLength(1);
});

test("a press on a part's row opens and folds it", () => {
  const row = item("layers.2").querySelector<HTMLElement>(".vt-tree-row")!;
  row.click();
  expect(isOpen("layers.2")).toBe("true");
  row.click();
  expect(isOpen("layers.2")).toBe("false");
});

test("a filter shows points by name, module, hook or group, and what was folded is so again afterwards", () => {
  const before = seen();
  filter("layers.0.attention.q");
  expect(seen()).toEqual(["layers.0", "layers.0.attention", "layers.0.attention.q"]);
  filter("ablate");
  expect(seen()).toEqual(["layers.1", "layers.1.mlp", "layers.1.mlp.output"]);
  filter("nowhere");
  expect(seen()).toEqual([]);
  expect(node.querySelector(".vt-tree-none")!.textContent).toBe('no point or hook has "nowhere" in its name');
  filter("");
  expect(seen()).toEqual(before);
});

test("names are text, never markup; what is no tree is refused", async () => {
  const hooks = fixture.hooks.map((hook) => ({ ...hook, name: "<b>x</b>" }));
  const made = await HookTreeFigure.of({ ...fixture, hooks });
  expect(made.node.querySelector("b")).toBe(null);
  expect(made.node.querySelector(".vt-tree-hook")!.textContent).toBe("<b>x</b>");
  await expect(HookTreeFigure.of({ ...fixture, nodes: 3 })).rejects.toThrow(/^hook tree payload\.nodes: /);
});
