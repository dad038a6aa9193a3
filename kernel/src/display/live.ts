import { randomUUID } from "node:crypto";
import type { Bundle } from "./bundle.js";
import { notebookSink } from "./sink.js";

/** Redrawing more often than this cannot be seen, and servers drop outputs beyond a thousand messages a second. Milliseconds. */
const shortestPause = 80;

/** One output that is replaced where it stands, no more often than can be seen. */
export class LiveOutput {
  readonly #draw: () => Bundle;
  readonly #elsewhere: (bundle: Bundle, last: boolean) => void;
  readonly #id = randomUUID();
  #shownAt = -Infinity;
  #isShown = false;

  /**
   * @param draw how it looks now
   * @param elsewhere shows it where there is no notebook; by default nothing does
   */
  constructor(draw: () => Bundle, elsewhere: (bundle: Bundle, last: boolean) => void = () => {}) {
    this.#draw = draw;
    this.#elsewhere = elsewhere;
    this.#show(false);
  }

  /** Something has changed: shown now, or with a later change. */
  changed(): void {
    if (performance.now() - this.#shownAt >= shortestPause) this.#show(false);
  }

  /** Shows the last state. */
  finish(): void {
    this.#show(true);
  }

  #show(last: boolean): void {
    const sink = notebookSink();
    if (sink === undefined) this.#elsewhere(this.#draw(), last);
    else sink.display(this.#draw(), { id: this.#id, update: this.#isShown });
    this.#isShown = true;
    this.#shownAt = performance.now();
  }
}
