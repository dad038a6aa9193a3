import type { Rgb } from "../payload/ramp.js";
import { escapeHtml } from "../escape.js";
import { drawable } from "../png/font.js";
import { Sheet, textSize } from "../png/sheet.js";
import { writePng } from "../png/write.js";

/** Where a text is held when its letters are narrower than the picture's: at its beginning, middle or end. */
export type Anchor = "start" | "middle" | "end";

/** What charts are drawn on: coordinates are pixels from the top left, colours places in a palette. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  rectangle(x: number, y: number, width: number, height: number, colour: number): void;
  /** A line two pixels thick. */
  stroke(x0: number, y0: number, x1: number, y1: number, colour: number): void;
  /** Text whose top left corner is at x, y in letters of `textSize`. */
  text(text: string, x: number, y: number, colour: number, anchor?: Anchor): void;
}

/** Pixels, in the built-in font. */
export class PixelCanvas implements Canvas {
  readonly #sheet: Sheet;

  constructor(
    readonly width: number,
    readonly height: number,
    paper: number,
  ) {
    this.#sheet = new Sheet(width, height, paper);
  }

  rectangle(x: number, y: number, width: number, height: number, colour: number): void {
    this.#sheet.rectangle(x, y, width, height, colour);
  }

  stroke(x0: number, y0: number, x1: number, y1: number, colour: number): void {
    const steps = Math.max(1, Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let i = 0; i <= steps; i++)
      this.#sheet.rectangle(
        Math.round(x0 + ((x1 - x0) * i) / steps),
        Math.round(y0 + ((y1 - y0) * i) / steps),
        ...([2, 2] as const),
        colour,
      );
  }

  text(text: string, x: number, y: number, colour: number): void {
    this.#sheet.text(drawable(text), x, y, colour, 1);
  }

  png(palette: readonly Rgb[]): Buffer {
    return writePng(this.width, this.height, this.#sheet.pixels, palette);
  }
}

/** Shapes and letters, as papers print them: an SVG of the same layout in a font of the reader's. */
export class VectorCanvas implements Canvas {
  readonly #palette: readonly Rgb[];
  readonly #marks: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
    palette: readonly Rgb[],
  ) {
    this.#palette = palette;
  }

  rectangle(x: number, y: number, width: number, height: number, colour: number): void {
    const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    this.#marks.push(`<rect ${place} fill="${this.#paint(colour)}"/>`);
  }

  stroke(x0: number, y0: number, x1: number, y1: number, colour: number): void {
    // Pixels of a stroke lie right of and below its place.
    const place = `x1="${x0 + 1}" y1="${y0 + 1}" x2="${x1 + 1}" y2="${y1 + 1}"`;
    this.#marks.push(`<line ${place} stroke="${this.#paint(colour)}"/>`);
  }

  text(text: string, x: number, y: number, colour: number, anchor: Anchor = "start"): void {
    const { width, height } = textSize(text, 1);
    const at = { start: x, middle: x + width / 2, end: x + width }[anchor];
    const held = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
    this.#marks.push(
      `<text x="${at}" y="${y + height}" fill="${this.#paint(colour)}"${held}>${escapeHtml(text)}</text>`,
    );
  }

  svg(): string {
    const { width, height } = this;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
        `font-family="Helvetica, Arial, sans-serif" font-size="10" stroke-width="2" stroke-linecap="round">`,
      `<rect width="${width}" height="${height}" fill="#fff" shape-rendering="crispEdges"/>`,
      ...this.#marks,
      "</svg>",
      "",
    ].join("\n");
  }

  #paint(colour: number): string {
    const [red, green, blue] = this.#palette[colour]!;
    return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  }
}
