import type { HookTreePayload } from "vitrail/payload";
import { marksOf, parseHookTree, pointsOf, provenanceLine, treeHeadlines } from "vitrail/payload";
import { element } from "../element.js";
import { itemOf, type Item } from "./item.js";

/** A model's hook points as a tree that is opened, walked by keys and filtered; layers are folded unless hooks act in them. */
export class HookTreeFigure {
  readonly node: HTMLElement;
  readonly #items: readonly Item[];
  readonly #open = new Set<Item>();
  readonly #all: readonly Item[];
  readonly #filter = element("input", {
    type: "search",
    class: "vt-tree-filter",
    placeholder: "Filter points and hooks",
    "aria-label": "Filter points and hooks",
  });
  readonly #none = element("p", { class: "vt-tree-none", role: "status" });
  #current: Item | undefined;

  /** Throws one line when the payload is none. */
  static async of(data: unknown): Promise<HookTreeFigure> {
    return new HookTreeFigure(parseHookTree(data));
  }

  constructor(payload: HookTreePayload) {
    this.#items = payload.nodes.map((node) => itemOf(payload, node));
    this.#all = this.#items.flatMap(withAll);
    const isOne = this.#items.length === 1;
    for (const item of this.#all) {
      const isPart = item.of.kind === "part";
      if (isPart && (isOne || marksOf(item.of).length > 0)) this.#open.add(item);
    }
    const label = `Hook points of ${payload.model}`;
    const tree = element(
      "ul",
      { role: "tree", "aria-label": label, class: "vt-tree" },
      ...this.#items.map(({ node }) => node),
    );
    const points = pointsOf(payload.nodes);
    const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
    tree.style.setProperty("--shape", `${longest(points.map(({ shape }) => shape)) + 1}ch`);
    tree.style.setProperty("--partition", `${longest(points.map(({ partition }) => partition)) + 1}ch`);
    tree.style.setProperty("--label", `${longest(this.#all.map(({ of }) => of.label)) + 9}ch`);
    tree.addEventListener("keydown", (event) => this.#key(event));
    tree.addEventListener("click", (event) => this.#click(event));
    this.#filter.addEventListener("input", () => this.#show());
    const [summary, ...rest] = treeHeadlines(payload);
    this.node = element(
      "div",
      { class: "vt-figure vt-hook-tree" },
      element(
        "div",
        { class: "vt-header" },
        element("span", { class: "vt-name" }, payload.model),
        element("span", { class: "vt-summary" }, summary!),
        this.#filter,
      ),
      ...rest.map((line) => element("p", { class: "vt-tree-note" }, line)),
      element("div", { class: "vt-tree-scroll" }, tree),
      this.#none,
      payload.provenance === null
        ? null
        : element("p", { class: "vt-footer vt-provenance" }, provenanceLine(payload.provenance)),
    );
    this.#show();
    this.#stand(this.#items[0]);
  }

  /** Colours are JupyterLab's own, which change by themselves. */
  setTheme(): void {}

  /** Shows what the filter lets through, parts of it opened; without a filter, what was opened before. */
  #show(): void {
    const wanted = this.#filter.value.trim().toLowerCase();
    const show = (item: Item, isWithin: boolean): boolean => {
      const isFound = isWithin || item.words.includes(wanted);
      const isAny = item.children.map((child) => show(child, isFound)).some(Boolean);
      item.node.hidden = !isFound && !isAny;
      // A part that is found itself stays as it is folded; one of which something is found is opened.
      if (item.of.kind === "part") this.#mark(item, isFound ? this.#open.has(item) : isAny);
      return !item.node.hidden;
    };
    const isAny = this.#items.map((item) => show(item, wanted === "")).some(Boolean);
    this.#none.textContent = isAny ? "" : `no point or hook has "${wanted}" in its name`;
    if (this.#current?.node.hidden === true) this.#stand(this.#seen()[0]);
  }

  #mark({ node }: Item, isOpen: boolean): void {
    node.setAttribute("aria-expanded", String(isOpen));
    node.querySelector<HTMLElement>(":scope > [role=group]")!.hidden = !isOpen;
  }

  #turn(item: Item, isOpen: boolean): void {
    if (item.of.kind === "point") return;
    this.#open[isOpen ? "add" : "delete"](item);
    this.#mark(item, isOpen);
  }

  /** Items that are not in a folded part, in order. */
  #seen(items = this.#items): Item[] {
    return items
      .filter(({ node }) => !node.hidden)
      .flatMap((item) => (isOpen(item) ? [item, ...this.#seen(item.children)] : [item]));
  }

  #stand(item: Item | undefined): void {
    if (item === undefined) return;
    if (this.#current !== undefined) this.#current.node.tabIndex = -1;
    this.#current = item;
    item.node.tabIndex = 0;
  }

  #go(item: Item | undefined): void {
    this.#stand(item);
    item?.node.focus();
  }

  #click(event: Event): void {
    const row = (event.target as Element).closest(".vt-tree-row");
    const item = this.#all.find(({ node }) => node === row?.parentElement);
    if (item === undefined) return;
    this.#go(item);
    this.#turn(item, !isOpen(item));
  }

  #key(event: KeyboardEvent): void {
    const item = this.#current;
    if (item === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const seen = this.#seen();
    const at = seen.indexOf(item);
    const isPart = item.of.kind === "part";
    if (event.key === "ArrowDown") this.#go(seen[at + 1]);
    else if (event.key === "ArrowUp") this.#go(seen[at - 1]);
    else if (event.key === "Home") this.#go(seen[0]);
    else if (event.key === "End") this.#go(seen.at(-1));
    else if (event.key === "ArrowRight" && isPart && !isOpen(item)) this.#turn(item, true);
    else if (event.key === "ArrowRight" && isPart) this.#go(seen[at + 1]);
    else if (event.key === "ArrowLeft" && isPart && isOpen(item)) this.#turn(item, false);
    else if (event.key === "ArrowLeft") this.#go(item.parent);
    else if (event.key === "Enter" || event.key === " ") this.#turn(item, !isOpen(item));
    else return;
    event.preventDefault();
    // JupyterLab moves between cells by the same keys.
    event.stopPropagation();
  }
}

const isOpen = ({ node }: Item) => node.getAttribute("aria-expanded") === "true";

function withAll(item: Item): Item[] {
  return [item, ...item.children.flatMap(withAll)];
}
