import { z } from "zod";
import { elementCount } from "../../graph/rowMajor.js";
import { readArchitecture } from "../../models/architectures.js";
import { traceStage } from "../../models/build.js";
import type { JsonObject } from "../../models/checkpoint/checkpoint.js";
import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { randomNumbers } from "../../session/sampling.js";
import { normalNumbers } from "./normal.js";

/** The field of the config that holds the deviation of new weights, by `model_type`. */
const deviationField: Readonly<Record<string, string>> = { opt: "init_std", llama: "initializer_range" };

const deviation = z.number().positive().default(0.02);

/**
 * New weights for a config of an OPT or LLaMA, drawn as `from_config` of transformers draws them (the numbers are
 * others): matrices and tables normal with the config's deviation, the padding token's row zero; biases zero; scales
 * of norms one. Equal seeds give equal bytes. Throws one line for another family or a config that cannot be read.
 */
export function initialise(config: JsonObject, seed: number): NamedTensor[] {
  const { family, blueprint } = readArchitecture(config);
  const field = deviationField[family];
  if (field === undefined)
    throw new Error(
      `a new ${family} cannot be drawn: supported are ${Object.keys(deviationField).join(", ")}`,
    );
  const parsed = deviation.safeParse(config[field]);
  if (!parsed.success)
    throw new Error(`config field "${field}" is ${JSON.stringify(config[field])}: it must be above 0`);

  const shapes = new Map<string, readonly number[]>();
  const { layers } = blueprint.dimensions;
  const all = { layers: { from: 0, to: layers }, embeds: true, unembeds: true, tensor: { rank: 0, size: 1 } };
  traceStage(blueprint, all, (name, shape) => {
    shapes.set(name, shape);
    return "fed";
  });
  const draw = normalNumbers(randomNumbers(seed));
  return [...shapes].map(([name, shape]) => {
    const data = new Float32Array(elementCount(shape));
    if (name.endsWith("norm.weight")) data.fill(1);
    else if (shape.length > 1) for (let i = 0; i < data.length; i++) data[i] = parsed.data * draw();
    if (name.endsWith("embed_tokens.weight"))
      clearPadding(data, shape, config["pad_token_id"] ?? padding[family]);
    return { name, shape, data };
  });
}

/** The padding token where the config names none. */
const padding: Readonly<Record<string, number | undefined>> = { opt: 1 };

function clearPadding(table: Float32Array, [rows, units]: readonly number[], id: unknown): void {
  if (id === undefined) return;
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= rows!)
    throw new Error(
      `config field "pad_token_id" is ${JSON.stringify(id)}: the vocabulary has ${rows} tokens`,
    );
  table.fill(0, id * units!, (id + 1) * units!);
}
