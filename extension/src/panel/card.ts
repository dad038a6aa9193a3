import { printBytes } from "vitrail/payload";
import type { RankStatus, SessionStatus } from "vitrail/payload";
import { element } from "../element.js";

type State = SessionStatus["state"] | RankStatus["state"];

/** A shape and a word for each state, so that colour is never needed to tell them apart. */
const marks: Readonly<Record<State, string>> = {
  starting: "◌",
  loading: "◌",
  ready: "●",
  busy: "◐",
  lost: "✕",
  failed: "✕",
  silent: "?",
};

function stateMark(state: State): HTMLElement {
  const mark = element("span", { class: "vt-mark", "aria-hidden": "true" }, marks[state]);
  return element("span", { class: `vt-state vt-state-${state}` }, mark, state);
}

/** Layers `[from, to)` as people count them. */
function layerRange({ from, to }: RankStatus["layers"]): string {
  if (to <= from) return "no layers";
  return to - from === 1 ? `layer ${from}` : `layers ${from}–${to - 1}`;
}

/** A hub id as it is; of a folder's path its name, because where somebody keeps a model is long and no news. */
function modelName(model: string): string {
  const isPath = /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(model);
  return (isPath && model.split(/[\\/]/).findLast((part) => !["", ".", ".."].includes(part))) || model;
}

/** Bytes whose unit stays on the line of its number. */
const size = (bytes: number): string => printBytes(bytes).replace(" ", "\u00a0");

const titles = ["rank", "device", "memory", "state"];

/** Two lines, because a sidebar is narrow: what the rank runs on and how it is, and its part of the model below. */
function rankRows(status: RankStatus): HTMLElement {
  const { rank, device, stage, dataRank, tensorRank, layers, memory, state, pid } = status;
  const part = `stage ${stage} · ${layerRange(layers)} · data ${dataRank} · tensor ${tensorRank}`;
  const rows = element(
    "tbody",
    {},
    element(
      "tr",
      {},
      element("th", { scope: "rowgroup", rowspan: 2 }, String(rank)),
      element("td", {}, device),
      element("td", {}, printBytes(memory)),
      element("td", {}, stateMark(state)),
    ),
    element("tr", {}, element("td", { class: "vt-part", colspan: 3 }, part)),
  );
  if (pid != null) rows.title = `process ${pid}`;
  return rows;
}

/** One session: what it is, its ranks, and how to end it. The same card is updated, so that focus stays where it is. */
export class SessionCard {
  readonly node: HTMLElement;
  readonly #state = element("span", { class: "vt-card-state" });
  readonly #facts = element("p", { class: "vt-facts" });
  readonly #table = element("table");
  #bodies: HTMLElement[] = [];
  readonly #lost = element("p", { class: "vt-lost", hidden: "" });
  #shown = "";

  constructor(name: string, close: (name: string) => void) {
    const button = element("button", { type: "button", class: "vt-close" });
    const caption = `Ranks of ${name}`;
    // A session may have taken minutes to load, so it takes a second press to end it.
    const ask = (sure: boolean) => {
      button.textContent = sure ? "Really close?" : "Close";
      button.setAttribute("aria-label", sure ? `really close session ${name}?` : `close session ${name}`);
      button.classList.toggle("vt-sure", sure);
    };
    ask(false);
    button.addEventListener("blur", () => ask(false));
    button.addEventListener("click", () => {
      const sure = button.classList.contains("vt-sure");
      ask(!sure);
      if (sure) close(name);
    });
    this.#table.append(
      element("caption", {}, caption),
      element(
        "thead",
        {},
        element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title))),
      ),
    );
    this.node = element(
      "section",
      { class: "vt-card", "aria-label": `session ${name}` },
      element("header", {}, element("h3", {}, name), this.#state, button),
      this.#facts,
      this.#lost,
      element("div", { class: "vt-ranks" }, this.#table),
    );
  }

  update(session: SessionStatus): void {
    const shown = JSON.stringify(session);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const clients = session.clients === 1 ? "1 notebook" : `${session.clients} notebooks`;
    const weights =
      session.quantise === undefined ? "weights" : `weights, linear ones in ${session.quantise}`;
    const memory = `${size(session.residentBytes)} resident, ${size(session.weightBytes)} of ${weights}`;
    this.#state.replaceChildren(stateMark(session.state));
    this.#facts.textContent = [modelName(session.model), session.mesh, memory, clients].join(" · ");
    this.#facts.title = session.model;
    const lost = session.ranks.filter((rank) => rank.state === "lost").map((rank) => rank.rank);
    this.#lost.hidden = lost.length === 0;
    this.#lost.textContent = lost.length === 0 ? "" : `✕ lost: rank ${lost.join(", ")}`;
    for (const body of this.#bodies) body.remove();
    this.#bodies = session.ranks.map(rankRows);
    this.#table.append(...this.#bodies);
  }
}
