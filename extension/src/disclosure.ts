import { element } from "./element.js";

/** A collapsed part that is built when it is first opened, and again when it is stale. */
export class Disclosure {
  readonly node: HTMLDetailsElement;
  readonly #make: () => HTMLElement;
  #stale = true;

  constructor(title: string, make: () => HTMLElement) {
    this.#make = make;
    this.node = element("details", {}, element("summary", {}, title));
    this.node.addEventListener("toggle", () => this.#fill());
  }

  refresh(): void {
    this.#stale = true;
    this.#fill();
  }

  #fill(): void {
    if (!this.node.open || !this.#stale) return;
    this.#stale = false;
    this.node.replaceChildren(this.node.firstElementChild!, this.#make());
  }
}
