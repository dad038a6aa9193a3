import { inspect, type InspectOptions } from "node:util";
import { bundleOf, displaySymbol, isWithin, shownAsTensor, type Bundle } from "../display/index.js";
import type { AxisShards } from "../display/payload/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import type { HookPoint } from "../graph/point.js";
import { printShape } from "../graph/shape.js";
import type { CapturedPart } from "../hooks/parts.js";
import type { Selection } from "../hooks/selector.js";
import type { SelectedPositions } from "../models/inputs.js";
import type { Whole } from "./assemble.js";
import { CapturedPoint } from "./captured.js";
import { found, isOf, printNearest, printValue } from "./found.js";
import { printRows, runTable, type Part } from "./runTable.js";
import type { Captured, Run, Token } from "./types.js";

/** Throws one line when the ranks left something out. */
export function valueOf(values: ReadonlyMap<string, Whole>, key: string): Whole {
  const value = values.get(key);
  if (value === undefined) throw new Error(`nothing came back for ${key}`);
  return value;
}

/** What a forward pass brought back, in the form that users see; as a cell's last value it shows as a table of that. */
export class FinishedRun implements Run {
  readonly tokens: readonly (readonly Token[])[];
  readonly logits: Run["logits"];
  readonly captures: ReadonlyMap<string, Captured>;
  readonly readout: Run["readout"];
  readonly provenance: Provenance;
  readonly #select: SelectedPositions;
  readonly #points: readonly HookPoint[];

  constructor(parts: {
    readonly tokens: readonly (readonly Token[])[];
    readonly captures: readonly CapturedPart[];
    readonly values: ReadonlyMap<string, Whole>;
    readonly logitsKey: string | undefined;
    /** Positions whose logits were computed; default all. */
    readonly select?: SelectedPositions;
    /** Keys of what the readout returned. */
    readonly readouts?: readonly string[];
    readonly provenance: Provenance;
    /** Which ranks held the parts of a captured point. */
    readonly shardsOf: (selection: Selection, rows: number) => readonly AxisShards[];
  }) {
    // What a capture remembers of its run must not keep the run's other values alive.
    const { values, logitsKey, tokens, provenance, shardsOf } = parts;
    this.tokens = tokens;
    this.provenance = provenance;
    this.#select = parts.select ?? "all";
    this.#points = parts.captures[0]?.selection.points ?? [];
    this.logits =
      logitsKey === undefined
        ? undefined
        : shownAsTensor(valueOf(values, logitsKey), () => ({ ...this.#aboutLogits(), provenance }));
    this.readout = new Map(
      (parts.readouts ?? []).map((key) => {
        const name = key.replace(/^readout\./, "");
        return [name, shownAsTensor(valueOf(values, key), () => ({ name: `readout ${name}`, provenance }))];
      }),
    );
    this.captures = new Map(
      parts.captures.map(({ key, selection }) => [
        key,
        new CapturedPoint(key, valueOf(values, key), selection, () => ({
          shards: shardsOf(selection, tokens.length),
          provenance,
          lengths: tokens.map((row) => row.length),
        })),
      ]),
    );
  }

  get(name: string): Captured {
    const captured = found(this.captures, name, this.#points);
    if (captured !== undefined) return captured;
    const parts = [...this.captures].filter(([key, { point }]) => isOf(key, point, name));
    if (parts.length > 0)
      throw new Error(
        `several parts of "${name}" were captured: choose ${parts.map((each) => printValue(each, this.#points)).join(", or ")}`,
      );
    const closest = printNearest(name, this.captures, this.#points);
    throw new Error(
      `no capture "${name}": ${closest === undefined ? "this run captured nothing" : `nearest is ${closest}`}`,
    );
  }

  [displaySymbol](): Bundle {
    return bundleOf(runTable(this.title, this.tokens, this.parts()));
  }

  /** By itself the table's text; within something else one line. */
  [inspect.custom](depth: number | null, options: InspectOptions): string {
    if (!isWithin(depth, options)) return String(this[displaySymbol]().data["text/plain"]);
    const names = this.parts().map(({ name, shape }) => `${name} ${printShape(shape)}`);
    const few = names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(", ");
    return `run of ${printRows(this.tokens)}: ${few || "nothing"}`;
  }

  /** What stands above the table. */
  protected get title(): string {
    return this.provenance.call;
  }

  /** All that came back, in the order in which it is told. */
  protected parts(): Part[] {
    const logits = this.logits && { ...this.logits, ...this.#aboutLogits() };
    return [
      ...[...this.captures].map(([name, { shape, data, axes, lengths: own }]) => ({
        name,
        shape,
        data,
        axes,
        lengths: own,
      })),
      ...[...this.readout].map(([name, { shape, data }]) => ({ name: `readout ${name}`, shape, data })),
      ...(logits ? [logits] : []),
    ];
  }

  #aboutLogits() {
    const lengths = this.tokens.map((row) => row.length);
    // Listed positions, and the last of each row, are none of padding.
    const isPadded = this.#select === "all" && this.logits?.shape[1] === Math.max(...lengths);
    return { name: "logits", axes: ["batch", "position", "token"], ...(isPadded && { lengths }) };
  }
}
