import type { AxisShards } from "vitrail/payload";
import { element } from "../element.js";
import { rankLabel } from "./held.js";

/** Pixels that a rank's name needs along the columns, and its number along either axis. */
const nameRoom = 58;
const numberRoom = { left: 18, top: 16 };

/**
 * The ranks that hold the entries [from, to) of an axis, as bars beside the map, and the lines between them on it. A bar
 * too short for its rank's name has the number; the name is its title.
 */
export function shardStrip(
  shards: readonly AxisShards[],
  { from, to }: { readonly from: number; readonly to: number },
  cell: number,
  edge: "left" | "top",
): { segments: HTMLElement[]; edges: HTMLElement[] } {
  const segments: HTMLElement[] = [];
  const edges: HTMLElement[] = [];
  const size = edge === "left" ? "width" : "height";
  for (const part of shards.flatMap(({ parts }) => parts)) {
    const [begin, end] = [Math.max(from, part.from), Math.min(to, part.to)];
    if (begin >= end) continue;
    const pixels = (end - begin) * cell;
    const name = rankLabel(part.ranks);
    const number = part.ranks.join(" ");
    const text = edge === "left" && pixels >= nameRoom ? name : pixels >= numberRoom[edge] ? number : "";
    const title = `${name}: ${part.from} to ${part.to - 1}`;
    const segment = element(
      "div",
      { class: "vt-shard", title, role: "img", "aria-label": title },
      element("span", {}, text),
    );
    segment.style[edge] = `${(begin - from) * cell}px`;
    segment.style[size] = `${pixels}px`;
    segments.push(segment);
    if (begin === from) continue;
    const line = element("div", { class: `vt-shard-edge vt-shard-edge-${edge}` });
    line.style[edge] = `${(begin - from) * cell}px`;
    edges.push(line);
  }
  return { segments, edges };
}
