import { isMasked, maxPool, toUnit } from "vitrail/payload";
import type { Rgb, Scale } from "vitrail/payload";
import { blank } from "../picture.js";
import type { Picture } from "../picture.js";

/** How weights become colours; masked cells stay transparent. */
export interface Ink {
  readonly scale: Scale;
  readonly ramp: readonly Rgb[];
  readonly causal: boolean;
}

/** Draws one square map of `cells` a side at x, y; `zoom` pixels a cell, `from` tokens behind the cells. */
function drawMap(
  on: Picture,
  map: Float32Array,
  cells: number,
  from: number,
  x: number,
  y: number,
  zoom: number,
  ink: Ink,
) {
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++) {
      if (ink.causal && isMasked(row, column, from, cells)) continue;
      const unit = toUnit(ink.scale, map[row * cells + column]!);
      const [r, g, b] = ink.ramp[Math.round(unit * (ink.ramp.length - 1))]!;
      for (let dy = 0; dy < zoom; dy++)
        for (let dx = 0; dx < zoom; dx++) {
          const at = 4 * ((y + row * zoom + dy) * on.width + x + column * zoom + dx);
          on.pixels[at] = r;
          on.pixels[at + 1] = g;
          on.pixels[at + 2] = b;
          on.pixels[at + 3] = 255;
        }
    }
}

/** One head, `zoom` pixels a cell. */
export function mapPicture(map: Float32Array, cells: number, from: number, zoom: number, ink: Ink): Picture {
  const picture = blank(cells * zoom, cells * zoom);
  drawMap(picture, map, cells, from, 0, 0, zoom, ink);
  return picture;
}

/** Where the maps of the overview lie, in pixels. */
export interface Grid {
  /** Cells of a map, pixels of a cell, pixels of a map, and pixels from one map to the next. */
  readonly cells: number;
  readonly zoom: number;
  readonly side: number;
  readonly step: number;
}

/** Chooses the overview's size so that few heads are large and many still fit side by side. */
export function gridOf(heads: number, cells: number): Grid {
  const room = heads <= 16 ? Math.max(28, Math.min(104, Math.floor(400 / heads))) : heads <= 32 ? 21 : 14;
  const gap = room >= 60 ? 8 : room >= 28 ? 4 : 2;
  const drawn = Math.min(cells, room - gap);
  const zoom = Math.floor((room - gap) / drawn);
  return { cells: drawn, zoom, side: drawn * zoom, step: drawn * zoom + gap };
}

/** All heads, layers down and heads across: one sprite. `values` is [L, H, cells, cells]. */
export function overviewPicture(
  values: Float32Array,
  [layers, heads, cells]: readonly [number, number, number],
  from: number,
  grid: Grid,
  ink: Ink,
): Picture {
  const gap = grid.step - grid.side;
  const picture = blank(heads * grid.step - gap, layers * grid.step - gap);
  for (let index = 0; index < layers * heads; index++) {
    const map = values.subarray(index * cells * cells, (index + 1) * cells * cells);
    const x = (index % heads) * grid.step;
    const y = Math.floor(index / heads) * grid.step;
    drawMap(picture, maxPool(map, cells, grid.cells), grid.cells, from, x, y, grid.zoom, ink);
  }
  return picture;
}
