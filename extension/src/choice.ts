import { element } from "./element.js";

/** Buttons of which one is pressed. */
export class Choice<T extends string> {
  readonly node: HTMLElement;
  readonly #buttons = new Map<T, HTMLButtonElement>();

  constructor(label: string, of: readonly T[], choose: (chosen: T) => void) {
    this.node = element("div", { class: "vt-kinds", role: "group", "aria-label": label });
    for (const each of of) {
      const button = element("button", { type: "button" }, each);
      button.addEventListener("click", () => choose(each));
      this.#buttons.set(each, button);
      this.node.append(button);
    }
  }

  press(chosen: T): void {
    for (const [each, button] of this.#buttons) button.setAttribute("aria-pressed", String(each === chosen));
  }
}
