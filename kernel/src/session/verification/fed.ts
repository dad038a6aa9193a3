import { crc32 } from "node:zlib";
import type { Fed, ReadoutInputs } from "../readout.js";

/** Arrays that a call read and that stay its caller's: whether they are what they were. */
export class FedArrays {
  readonly #arrays: readonly { readonly name: string; readonly value: Fed; readonly sum: number }[];

  constructor({ given = {}, trained = {} }: Pick<ReadoutInputs, "given" | "trained"> = {}) {
    const tensors = Object.entries(trained).flatMap(([module, values]) =>
      Object.entries(values).map(([name, value]): [string, Fed] => [`trained "${module}.${name}"`, value]),
    );
    const arrays = Object.entries(given).map(([name, value]): [string, Fed] => [`given "${name}"`, value]);
    this.#arrays = [...arrays, ...tensors].map(([name, value]) => ({ name, value, sum: sumOf(value) }));
  }

  /** Throws one line for one that was written since: a repetition would read other numbers. */
  refuseChanged(): void {
    const changed = this.#arrays.find(({ value, sum }) => sumOf(value) !== sum);
    if (changed !== undefined)
      throw new Error(`${changed.name} was written since the run: verify it before, or give the run a copy`);
  }
}

function sumOf(value: Fed): number {
  const { data } = "data" in value ? value : { data: value };
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(data) ? data : Float64Array.from(data);
  return crc32(new Uint8Array(buffer, byteOffset, byteLength));
}
