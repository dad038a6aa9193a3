import { writeFileSync } from "node:fs";
import { elementCount } from "../../graph/rowMajor.js";

/** A float32 tensor to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Write float32 tensors as one safetensors file; equal tensors give equal bytes. */
export function writeSafetensors(
  file: string,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    const expected = elementCount(shape);
    if (data.length !== expected) {
      throw new Error(
        `tensor "${name}" of shape [${shape.join(", ")}] has ${data.length} values, not ${expected}`,
      );
    }
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  // Readers like the data to begin at a multiple of eight, so the header is padded with spaces.
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bodies = tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(file, Buffer.concat([length, json, ...bodies]));
}
