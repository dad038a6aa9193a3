import { element } from "../element.js";
import { SessionCard } from "./card.js";
import type { LinkState } from "./link.js";

function sentence(state: LinkState): string {
  switch (state.kind) {
    case "none":
      return {
        "no notebook": "Open a notebook to see its session.",
        "no kernel": "This notebook has no kernel.",
        "other kernel": "This notebook does not run on Vitrail.",
      }[state.why];
    case "connecting":
      return "Connecting to the kernel…";
    case "lost":
      return `Not connected: ${state.message}`;
    case "live": {
      if (state.problem !== null) return state.problem;
      if (state.sessions.length === 0) return "No session is open.";
      return state.sessions.map(({ name, state: at }) => `${name} is ${at}`).join(", ");
    }
  }
}

/** The panel's content: one line that says how things are, and a card for each session. */
export class PanelView {
  readonly node: HTMLElement;
  readonly #line = element("p", { class: "vt-line", role: "status" });
  readonly #cards = element("div", { class: "vt-cards" });
  readonly #byName = new Map<string, SessionCard>();
  readonly #close: (name: string) => void;

  constructor(close: (name: string) => void) {
    this.#close = close;
    this.node = element(
      "div",
      { class: "vt-panel-content" },
      element("h2", {}, "Session"),
      this.#line,
      this.#cards,
    );
  }

  show(state: LinkState): void {
    const line = sentence(state);
    // Written only when it changes: a status region is read aloud each time.
    if (this.#line.textContent !== line) this.#line.textContent = line;
    const sessions = state.kind === "live" ? state.sessions : [];
    for (const [name, card] of this.#byName) {
      if (sessions.some((session) => session.name === name)) continue;
      card.node.remove();
      this.#byName.delete(name);
    }
    for (const session of sessions) {
      let card = this.#byName.get(session.name);
      if (card === undefined) {
        card = new SessionCard(session.name, this.#close);
        this.#byName.set(session.name, card);
        this.#cards.append(card.node);
      }
      card.update(session);
    }
  }
}
