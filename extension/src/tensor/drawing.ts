import { toUnit } from "vitrail/payload";
import type { Rgb, Scale } from "vitrail/payload";
import { blank } from "../picture.js";
import type { Picture } from "../picture.js";

/** How values become colours. */
export interface Ink {
  readonly scale: Scale;
  readonly ramp: readonly Rgb[];
  readonly nonFinite: Rgb;
}

/** Pixels of one cell. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

/** Where a map of so many cells is to fit, if they can be seen so; beyond, it scrolls. */
export const room = { width: 620, height: 400 };
const largest = 26;
/** Long thin maps get cells that are longer across, up to this. */
const thin = 12;

/** Cells as large as fit the room, at least a pixel, and near to square. */
export function cellSize(rows: number, columns: number): CellSize {
  const fit = (pixels: number, cells: number) => Math.max(1, Math.min(largest, Math.floor(pixels / cells)));
  const [width, height] = [fit(room.width, columns), fit(room.height, rows)];
  return { width: Math.min(width, Math.max(height, thin)), height: Math.min(height, Math.max(width, thin)) };
}

/** Draws `rows × columns` values, each filling its cell. */
export function cellsPicture(
  value: (row: number, column: number) => number,
  rows: number,
  columns: number,
  { width, height }: CellSize,
  ink: Ink,
): Picture {
  const picture = blank(columns * width, rows * height);
  // Channels in the order of memory, whichever it is: one write a pixel.
  const words = new Uint32Array(picture.pixels.buffer);
  const pack = ([r, g, b]: Rgb) => new Uint32Array(new Uint8Array([r, g, b, 255]).buffer)[0]!;
  const ramp = ink.ramp.map(pack);
  const odd = pack(ink.nonFinite);
  for (let row = 0; row < rows; row++) {
    const start = row * height * picture.width;
    for (let column = 0; column < columns; column++) {
      const found = value(row, column);
      const word = Number.isFinite(found)
        ? ramp[Math.round(toUnit(ink.scale, found) * (ramp.length - 1))]!
        : odd;
      words.fill(word, start + column * width, start + (column + 1) * width);
    }
    for (let y = 1; y < height; y++)
      words.copyWithin(start + y * picture.width, start, start + picture.width);
  }
  return picture;
}

/** Steps of 1, 2, 5, 10, … entries whose labels are at least `apart` pixels apart. */
export function tickStep(cell: number, apart: number): number {
  for (let ten = 1; ; ten *= 10)
    for (const step of [ten, 2 * ten, 5 * ten]) if (step * cell >= apart) return step;
}
