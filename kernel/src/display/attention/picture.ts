import { headNumber, type AttentionPayload } from "../payload/attention.js";
import { isMasked, maxPool } from "../payload/pool.js";
import { ramp } from "../payload/ramp.js";
import type { Rgb } from "../payload/ramp.js";
import { toUnit } from "../payload/scale.js";
import { glyphHeight } from "../png/font.js";
import { Sheet, textSize } from "../png/sheet.js";
import { writePng } from "../png/write.js";
import type { Patterns } from "./patterns.js";

const levels = 250;
const paper = levels;
const ink = levels + 1;
const masked = levels + 2;
const palette: readonly Rgb[] = [...ramp("light", levels), [255, 255, 255], [70, 70, 78], [240, 240, 243]];

/** Pixels across that all maps of a row may take, where their cells are at least one pixel. */
const sheetWidth = 880;
const largestMap = 160;
const margin = 10;

/** Cells a side of one map, pixels a cell, and pixels between maps. */
function layout(tokens: number, heads: number): { cells: number; zoom: number; gap: number } {
  const room = Math.max(8, Math.min(largestMap, Math.floor(sheetWidth / heads)));
  const gap = room >= 48 ? 8 : room >= 24 ? 4 : 2;
  const cells = Math.min(tokens, room - gap);
  return { cells, zoom: Math.max(1, Math.floor((room - gap) / cells)), gap };
}

function drawBar(sheet: Sheet, y: number, { lo, hi }: { lo: number; hi: number }): void {
  const [from, to] = [printEnd(lo), printEnd(hi)];
  const width = levels / 2;
  const left = sheet.width - margin - textSize(to, 1).width - 4 - width;
  sheet.text(from, left - 4 - textSize(from, 1).width, y, ink, 1);
  for (let i = 0; i < width; i++) sheet.rectangle(left + i, y, 1, glyphHeight, 2 * i);
  sheet.text(to, left + width + 4, y, ink, 1);
}

const printEnd = (value: number) => String(Number(value.toPrecision(2)));

/**
 * All heads as small maps on white, layers down and heads across, max-pooled where a map is smaller than its tokens
 * and enlarged by whole factors where it is larger.
 */
export function attentionPicture(
  patterns: Patterns,
  payload: AttentionPayload,
): { png: Buffer; width: number; height: number } {
  const { tokens, layers, heads, map } = patterns;
  const { scale } = payload.view;
  const { cells, zoom, gap } = layout(tokens.length, heads);
  const step = cells * zoom + gap;
  const text = step >= 48 ? 2 : 1;
  const labels = layers.map(String);
  const labelWidth = Math.max(
    ...labels.map((label) => textSize(label, text).width),
    textSize("layer", 1).width,
  );
  const left = margin + labelWidth + 8;
  const top = margin + glyphHeight + 6 + glyphHeight * text + 6;
  const width = Math.max(left + heads * step - gap + margin, 240);
  const height = top + layers.length * step - gap + 12 + glyphHeight + margin;
  const sheet = new Sheet(width, height, paper);

  sheet.text("head", left, margin, ink, 1);
  sheet.text("layer", margin, margin + glyphHeight + 6 + (text - 1) * glyphHeight, ink, 1);
  // Where maps are narrower than their numbers, only every second, fifth, tenth… is numbered.
  const widest = textSize(String(headNumber(payload, heads - 1)), text).width + 4;
  const everyHead = [1, 2, 5, 10, 20, 50].find((every) => every * step >= widest) ?? 100;
  for (let head = 0; head < heads; head += everyHead) {
    const number = String(headNumber(payload, head));
    const x = left + head * step + Math.floor((cells * zoom - textSize(number, text).width) / 2);
    sheet.text(number, Math.max(left, x), margin + glyphHeight + 6, ink, text);
  }
  const everyLayer = [1, 2, 5, 10, 20, 50].find((every) => every * step >= glyphHeight * text + 2) ?? 100;
  layers.forEach((layer, l) => {
    const y = top + l * step;
    const label = textSize(labels[l]!, text);
    if (l % everyLayer === 0) {
      const middle = y + Math.max(0, Math.floor((cells * zoom - label.height) / 2));
      sheet.text(labels[l]!, margin + labelWidth - label.width, middle, ink, text);
    }
    for (let head = 0; head < heads; head++) {
      const x = left + head * step;
      const pooled = maxPool(map(layer, head), tokens.length, cells);
      for (let i = 0; i < pooled.length; i++) {
        const [row, column] = [Math.floor(i / cells), i % cells];
        const hidden = payload.causal && isMasked(row, column, tokens.length, cells);
        const colour = hidden ? masked : Math.round(toUnit(scale, pooled[i]!) * (levels - 1));
        sheet.rectangle(x + column * zoom, y + row * zoom, zoom, zoom, colour);
      }
    }
  });
  drawBar(sheet, height - margin - glyphHeight, scale);
  return { png: writePng(width, height, sheet.pixels, palette), width, height };
}
