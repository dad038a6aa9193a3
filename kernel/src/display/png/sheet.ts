import { glyphHeight, glyphOf, glyphWidth } from "./font.js";

/** A sheet of palette indices to draw on. Coordinates are pixels from the top left; drawing outside throws. */
export class Sheet {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;

  constructor(width: number, height: number, paper: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height).fill(paper);
  }

  rectangle(x: number, y: number, width: number, height: number, colour: number): void {
    if (x < 0 || y < 0 || x + width > this.width || y + height > this.height)
      throw new RangeError(
        `rectangle ${width} × ${height} at ${x}, ${y} leaves the ${this.width} × ${this.height} sheet`,
      );
    for (let row = y; row < y + height; row++)
      this.pixels.fill(colour, row * this.width + x, row * this.width + x + width);
  }

  /** Text in the built-in font, its top left corner at x, y; `zoom` is a whole factor. */
  text(text: string, x: number, y: number, colour: number, zoom: number): void {
    [...text].forEach((character, i) =>
      glyphOf(character).forEach((bits, row) => {
        for (let column = 0; column < glyphWidth; column++)
          if (bits & (1 << (glyphWidth - 1 - column)))
            this.rectangle(x + (i * (glyphWidth + 1) + column) * zoom, y + row * zoom, zoom, zoom, colour);
      }),
    );
  }
}

/** Pixels that `Sheet.text` takes. */
export function textSize(text: string, zoom: number): { width: number; height: number } {
  return { width: Math.max(0, [...text].length * (glyphWidth + 1) - 1) * zoom, height: glyphHeight * zoom };
}
