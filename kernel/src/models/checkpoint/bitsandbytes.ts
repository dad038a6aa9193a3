import { open } from "node:fs/promises";
import { z } from "zod";
import { printShape } from "../../graph/shape.js";
import type { Checkpoint, StoredTensor } from "./checkpoint.js";
import { quoted } from "./oneLine.js";
import { readBytes } from "./weightFile.js";

/** What a scale is divided by: bitsandbytes stores the largest magnitude of each row. */
const most = 127;
/** `row` among the layouts that bitsandbytes names; others are turned for certain cards. */
const rowFormat = 0;

const eightBit = z.looseObject({
  quant_method: z.literal("bitsandbytes"),
  load_in_8bit: z.literal(true),
  load_in_4bit: z.literal(false).optional(),
  llm_int8_has_fp16_weight: z.literal(false).optional(),
});

/**
 * A checkpoint that transformers saved with bitsandbytes' `load_in_8bit`, its int8 weights with their scales (`NAME.SCB`,
 * float32 by row) and without the field and the tensors that say how it was made; any other is given back as it is.
 *
 * Throws one line for another quantisation, and for int8 weights whose scales or format are not as they should be.
 */
export async function readEightBit(checkpoint: Checkpoint): Promise<Checkpoint> {
  const { quantization_config: said, ...config } = checkpoint.config;
  if (said === undefined || said === null) return checkpoint;
  if (!eightBit.safeParse(said).success)
    throw new Error(
      `config field "quantization_config" (${JSON.stringify(said)}) is not supported: read is bitsandbytes with load_in_8bit`,
    );
  const tensors = new Map(checkpoint.tensors);
  for (const [name, stored] of checkpoint.tensors) {
    if (!name.endsWith(".weight") || stored.dtype !== "i8") continue;
    const [scaleName, formatName] = [
      name.replace(/weight$/, "SCB"),
      name.replace(/weight$/, "weight_format"),
    ];
    tensors.set(name, withScales(stored, tensors.get(scaleName), scaleName));
    const format = tensors.get(formatName);
    if (format !== undefined) await refuseOtherFormat(format);
    tensors.delete(scaleName);
    tensors.delete(formatName);
  }
  return { ...checkpoint, config, tensors };
}

function withScales(weight: StoredTensor, scales: StoredTensor | undefined, wanted: string): StoredTensor {
  const [rows] = weight.shape;
  if (weight.shape.length !== 2 || scales?.dtype !== "f32" || scales.shape.join() !== String(rows))
    throw new Error(
      `${quoted(weight.name)} ${printShape(weight.shape)} is i8: it needs ${quoted(wanted)} f32 [${rows}], ` +
        (scales === undefined ? "which is missing" : `which is ${scales.dtype} ${printShape(scales.shape)}`),
    );
  const { file, offset, bytes } = scales;
  return { ...weight, scales: { axis: 0, file, offset, bytes, over: most } };
}

async function refuseOtherFormat({ name, file, offset, bytes }: StoredTensor): Promise<void> {
  const handle = await open(file, "r");
  try {
    const found = await readBytes(handle, offset, bytes);
    if (found.length !== 1 || found[0] !== rowFormat)
      throw new Error(
        `${quoted(name)} is ${[...found].join(", ")}: read are int8 weights by row, which is ${rowFormat}`,
      );
  } finally {
    await handle.close();
  }
}
