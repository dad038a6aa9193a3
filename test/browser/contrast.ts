import type { Page } from "playwright-core";

/** Texts under a selector whose contrast with their ground is below WCAG 2.1 AA (4.5 : 1), each once, with the ratio. */
export async function contrasts(page: Page, selector: string): Promise<string[]> {
  return page.evaluate((selector) => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext(
      "2d",
      {
        willReadFrequently: true,
      },
    )!;
    /** The colours of an element's ancestors, from the page on, painted over one another. */
    const paint = (layers: readonly string[]) => {
      context.fillStyle = "white";
      context.fillRect(0, 0, 1, 1);
      for (const layer of layers) {
        context.fillStyle = layer;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (rgb: readonly number[]) => {
      const [r, g, b] = rgb.map((c) =>
        c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const found = new Set<string>();
    for (const root of document.querySelectorAll(selector)) {
      const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const parent = text.parentElement!;
        if (text.textContent!.trim() === "" || parent.closest("option") || !parent.checkVisibility())
          continue;
        const grounds: string[] = [];
        for (let each: Element | null = parent; each; each = each.parentElement)
          grounds.unshift(getComputedStyle(each).backgroundColor);
        const ground = luminance(paint(grounds));
        const ink = luminance(paint([...grounds, getComputedStyle(parent).color]));
        const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
        if (ratio < 4.5)
          found.add(`${parent.className || parent.tagName} "${text.textContent}" ${ratio.toFixed(2)}`);
      }
    }
    return [...found];
  }, selector);
}
