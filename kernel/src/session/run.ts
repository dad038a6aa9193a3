import { inspect, type InspectOptions } from "node:util";
import { bundleOf, displaySymbol, isWithin, shownAsTensor, type Bundle } from "../display/index.js";
import type { AxisShards } from "../display/payload/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { nearest } from "../graph/nearest.js";
import type { HookPoint } from "../graph/point.js";
import { printShape } from "../graph/shape.js";
import { printSlices, type CapturedPart } from "../hooks/parts.js";
import { select, type Selection } from "../hooks/selector.js";
import type { SelectedPositions } from "../models/inputs.js";
import type { Whole } from "./assemble.js";
import { CapturedPoint } from "./captured.js";
import { printRows, runTable, type Part } from "./runTable.js";
import type { Captured, Run, Token } from "./types.js";

/** Throws one line when the ranks left something out. */
export function valueOf(values: ReadonlyMap<string, Whole>, key: string): Whole {
  const value = values.get(key);
  if (value === undefined) throw new Error(`nothing came back for ${key}`);
  return value;
}

/** The value of a canonical point name, or of one of its module paths; of several parts the one whose entries are named.
 * Throws one line for a path that is several points, as GPT-2's `c_attn` is. */
export function found(values: ReadonlyMap<string, Captured>, name: string): Captured | undefined {
  const [, of = name, entries] = /^([^[]*)(\[.*\])$/.exec(name) ?? [];
  const named = ([key, { point, selector }]: readonly [string, Captured]) => {
    if (!isOf(key, point, of)) return false;
    if (entries === undefined) return key === nameOf(key);
    const partOf = (selector: string) => printSlices(point, select(selector, [point])[0]!.slices);
    return partOf(selector) === partOf(`${point.name}${entries}`);
  };
  const own = values.get(name);
  if (own !== undefined) return own;
  const [one, ...others] = [...values].filter(named);
  if (others.length > 0)
    throw new Error(
      `"${name}" is several points: choose ${[one!, ...others].map(([key]) => key).join(" or ")}`,
    );
  return one?.[1];
}

/** Whether a key is that of a value, or of a part of it, which is called by its own name or by a module path. */
function isOf(key: string, { name, aliases }: HookPoint, called: string): boolean {
  return nameOf(key) === called || (nameOf(key) === name && aliases.includes(called));
}

/** A key without the entries of its part. */
function nameOf(key: string): string {
  return key.replace(/\[.*\]$/, "");
}

/** What a forward pass brought back, in the form that users see; as a cell's last value it shows as a table of that. */
export class FinishedRun implements Run {
  readonly tokens: readonly (readonly Token[])[];
  readonly logits: Run["logits"];
  readonly captures: ReadonlyMap<string, Captured>;
  readonly readout: Run["readout"];
  readonly provenance: Provenance;
  readonly #select: SelectedPositions;

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
    const captured = found(this.captures, name);
    if (captured !== undefined) return captured;
    const names = [...this.captures.keys()];
    const parts = names.filter((key) => isOf(key, this.captures.get(key)!.point, name));
    if (parts.length > 0)
      throw new Error(`several parts of "${name}" were captured: choose ${parts.join(" or ")}`);
    const [closest] = nearest(name, names);
    throw new Error(
      closest === undefined
        ? `no capture "${name}": this run captured nothing`
        : `no capture "${name}": nearest is ${closest} [${this.captures.get(closest)?.shape.join(", ")}]`,
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
