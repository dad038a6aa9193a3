import { treeHeadlines, type HookTreePayload } from "../payload/hookTree.js";
import { treeRows, type TreeRow } from "./rows.js";

/** The tree with its lines drawn, hooks under their points: `●` for those that act, `○` for disabled ones. */
export function treeText(payload: HookTreePayload): string {
  const rows = treeRows(payload).map((row) => ({ ...row, label: branch(row) + row.label }));
  const points = rows.filter(({ kind }) => kind === "point");
  const wide = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => [...text].length));
  const label = wide(rows.map(({ label }) => label));
  const columns = [0, 1].map((i) => wide(points.map(({ cells }) => cells[i]!)));
  const lines = rows.map(({ kind, label: name, cells }) => {
    const padded = kind === "point" ? cells.map((cell, i) => cell.padEnd(columns[i] ?? 0)) : cells;
    return [name.padEnd(label), ...padded].join("  ").trimEnd();
  });
  return [payload.model, ...treeHeadlines(payload), ...lines].join("\n");
}

function branch({ goesOn, kind }: TreeRow): string {
  const above = goesOn.slice(0, -1).map((on) => (on ? "│  " : "   "));
  if (kind === "on" || kind === "off")
    return `${above.join("")}${goesOn.at(-1) ? "│" : " "}  ${kind === "on" ? "●" : "○"} `;
  return `${above.join("")}${goesOn.at(-1) ? "├" : "└"}─ `;
}
