import { treeHeadlines, type HookTreePayload } from "../payload/hookTree.js";
import { drawable, glyphHeight, glyphWidth } from "../png/font.js";
import { Sheet, textSize } from "../png/sheet.js";
import { writePng } from "../png/write.js";
import type { Rgb } from "../payload/ramp.js";
import { treeRows, type TreeRow } from "./rows.js";

const [paper, ink, soft, line, accent] = [0, 1, 2, 3, 4] as const;
const palette: readonly Rgb[] = [
  [255, 255, 255],
  [40, 40, 48],
  [112, 112, 120],
  [205, 205, 212],
  [20, 98, 180],
];
const margin = 10;
const pitch = glyphHeight + 6;
const step = 14;
const gap = 12;
const mark = 5;

/** The rows of the text on white, lines and marks drawn: a full square for a hook that acts, a hollow one for a disabled. */
export function treePicture(payload: HookTreePayload): { png: Buffer; width: number; height: number } {
  const rows = treeRows(payload);
  const heads = [payload.model, ...treeHeadlines(payload)].map(drawable);
  const wide = (text: string) => textSize(drawable(text), 1).width;
  const left = ({ goesOn, kind }: TreeRow) =>
    margin + goesOn.length * step + (kind === "on" || kind === "off" ? mark + 4 : 0);
  const from = Math.max(0, ...rows.map((row) => left(row) + wide(row.label))) + gap;
  const points = rows.filter(({ kind }) => kind === "point");
  const columns = [0, 1].map((i) => Math.max(0, ...points.map(({ cells }) => wide(cells[i]!))) + gap);
  const at = (column: number) => from + columns.slice(0, column).reduce((sum, each) => sum + each, 0);
  const end = rows.flatMap(({ cells }) => cells.map((cell, i) => at(i) + wide(cell)));
  const width = Math.max(...end, ...heads.map((text) => margin + textSize(text, 1).width)) + margin;
  const top = margin + heads.length * pitch + 4;
  const sheet = new Sheet(width, top + rows.length * pitch + margin, paper);
  heads.forEach((text, i) => sheet.text(text, margin, margin + i * pitch, i === 0 ? ink : soft, 1));
  rows.forEach((row, i) => {
    const y = top + i * pitch;
    const isHook = row.kind === "on" || row.kind === "off";
    drawLines(sheet, row, y, isHook);
    const x = left(row);
    if (isHook) {
      sheet.rectangle(x - mark - 4, y + 1, mark, mark, accent);
      if (row.kind === "off") sheet.rectangle(x - mark - 3, y + 2, mark - 2, mark - 2, paper);
    }
    const colour = row.kind === "on" ? accent : row.kind === "off" || row.kind === "folded" ? soft : ink;
    sheet.text(drawable(row.label), x, y, colour, 1);
    row.cells.forEach((cell, column) =>
      sheet.text(drawable(cell), at(column), y, row.kind === "on" ? accent : soft, 1),
    );
  });
  return { png: writePng(sheet.width, sheet.height, sheet.pixels, palette), width, height: sheet.height };
}

function drawLines(sheet: Sheet, { goesOn }: TreeRow, y: number, isHook: boolean): void {
  const middle = Math.floor(glyphHeight / 2);
  goesOn.forEach((on, level) => {
    const x = margin + level * step + Math.floor(glyphWidth / 2);
    const isOwn = level === goesOn.length - 1 && !isHook;
    if (on) sheet.rectangle(x, y - 3, 1, pitch, line);
    else if (isOwn) sheet.rectangle(x, y - 3, 1, middle + 4, line);
    if (isOwn) sheet.rectangle(x, y + middle, step - 5, 1, line);
  });
}
