import { shownAsTensor } from "../../display/index.js";
import type { AxisShards } from "../../display/payload/index.js";
import { printNumber } from "../../display/payload/words.js";
import { gradientAt, type HookPoint } from "../../graph/point.js";
import type { Selection } from "../../hooks/selector.js";
import { readoutPoint } from "../../models/readout.js";
import type { Whole } from "../assemble.js";
import { CapturedPoint } from "../captured.js";
import { found, printNearest } from "../found.js";
import { FinishedRun, valueOf } from "../run.js";
import type { Part } from "../runTable.js";
import type { Captured, Run } from "../types.js";
import type { BackwardRequest } from "./prepare.js";
import type { Backward, Floats } from "./types.js";

/** What a backward pass brought back, in the form that users see; it shows as a table, gradients among the rest. */
export class FinishedBackward extends FinishedRun implements Backward {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Captured>;
  readonly parameters: ReadonlyMap<string, Floats>;
  readonly trained: Backward["trained"];
  readonly #points: readonly HookPoint[];

  constructor(
    parts: Pick<Run, "tokens" | "provenance"> & {
      readonly request: BackwardRequest;
      readonly values: ReadonlyMap<string, Whole>;
      /** Gradients of weights, by their own names. */
      readonly parameters: ReadonlyMap<string, Floats>;
      readonly shardsOf: (selection: Selection, rows: number) => readonly AxisShards[];
    },
  ) {
    const { request, values } = parts;
    const lossKey = readoutPoint("loss");
    super({ ...parts, ...request, readouts: request.readouts.filter((key) => key !== lossKey) });
    this.loss = valueOf(values, lossKey).data[0] as number;
    this.#points = request.gradients[0]?.selection.points ?? [];
    this.gradients = new Map(
      request.gradients.map(({ key, selection }) => [
        selection.point.name,
        new CapturedPoint(key, valueOf(values, key), selection, () => ({
          shards: parts.shardsOf(selection, parts.tokens.length),
          provenance: parts.provenance,
          lengths: parts.tokens.map((row) => row.length),
        })),
      ]),
    );
    const shown = (name: string, value: Floats) =>
      shownAsTensor(value, () => ({ name: gradientAt(name), provenance: parts.provenance }));
    this.parameters = new Map(
      [...request.parameters].map(([name, own]) => [
        name,
        // Tied weights have one gradient, and each name shows it.
        shown(name, { ...(parts.parameters.get(own) as Floats) }),
      ]),
    );
    const trained: Record<string, Record<string, Floats>> = {};
    for (const name of Object.keys(request.step.tensors ?? {})) {
      const [, module, tensor] = /^trained\.(.+)\.([^.]+)$/.exec(name) ?? [];
      if (module === undefined || tensor === undefined) continue;
      (trained[module] ??= {})[tensor] = shown(`${module}.${tensor}`, valueOf(values, `${name}@gradient`));
    }
    this.trained = trained;
  }

  protected override get title(): string {
    return `${super.title} · loss ${printNumber(this.loss)}`;
  }

  protected override parts(): Part[] {
    const trained = Object.entries(this.trained).flatMap(([module, tensors]) =>
      Object.entries(tensors).map(([name, value]) => [`${module}.${name}`, value] as const),
    );
    return [
      ...[...this.gradients].map(([name, { shape, data, axes, lengths }]) => ({
        name: gradientAt(name),
        shape,
        data,
        axes,
        lengths,
      })),
      ...[...this.parameters, ...trained].map(([name, { shape, data }]) => ({
        name: gradientAt(name),
        shape,
        data,
      })),
      ...super.parts(),
    ];
  }

  gradient(point: string): Captured {
    const gradient = found(this.gradients, point, this.#points);
    if (gradient !== undefined) return gradient;
    const closest = printNearest(point, this.gradients, this.#points);
    throw new Error(
      `no gradient at "${point}": ${closest === undefined ? "none was asked for, name it in at" : `nearest is ${closest}`}`,
    );
  }
}
