import { elementCount } from "../../graph/rowMajor.js";
import { readTensor } from "../../models/checkpoint/read.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import { randomNumbers } from "../../session/sampling.js";
import { normalNumbers } from "../training/normal.js";

/** A float32 tensor of a trained module. */
export interface ModuleTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors of trained modules, by module and name, as `trainable` and readouts take them. */
export type Modules = Readonly<Record<string, Readonly<Record<string, ModuleTensor>>>>;

/** A tensor of a module under its name in files, `MODULE.TENSOR`. */
export interface NamedModuleTensor extends ModuleTensor {
  readonly module: string;
  readonly tensor: string;
  readonly name: string;
}

/** All tensors of modules in their order; they share the memory. */
export const namedTensors = (modules: Modules): NamedModuleTensor[] =>
  Object.entries(modules).flatMap(([module, tensors]) =>
    Object.entries(tensors).map(([tensor, { shape, data }]) => ({
      module,
      tensor,
      name: `${module}.${tensor}`,
      shape,
      data,
    })),
  );

/** Writes modules as one safetensors file of tensors called `MODULE.TENSOR`; equal modules give equal bytes. */
export function saveModules(file: string, modules: Modules): void {
  writeSafetensors(file, namedTensors(modules));
}

/** Reads what `saveModules` wrote. Throws one line for a tensor whose name is no `MODULE.TENSOR`. */
export async function loadModules(file: string): Promise<Modules> {
  const modules: Record<string, Record<string, ModuleTensor>> = {};
  for (const stored of await readSafetensors(file)) {
    const [, module, name] = /^([\w.-]+)\.([\w-]+)$/.exec(stored.name) ?? [];
    if (module === undefined || name === undefined)
      throw new Error(`${file}: "${stored.name}" is no tensor of a module, which is called MODULE.TENSOR`);
    (modules[module] ??= {})[name] = { shape: stored.shape, data: await readTensor(stored) };
  }
  return modules;
}

/** A copy that can be changed alone. */
export function copyModules(modules: Modules): Modules {
  return Object.fromEntries(
    Object.entries(modules).map(([module, tensors]) => [
      module,
      Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, data }]) => [
          name,
          { shape: [...shape], data: data.slice() },
        ]),
      ),
    ]),
  );
}

const zeros = (...shape: number[]): ModuleTensor => ({
  shape,
  data: new Float32Array(elementCount(shape)),
});

/** An affine map that begins as nothing: used as `x.add(x.linear(p.A, p.b))` it begins as the identity. */
export function affineMap(units: number): { readonly A: ModuleTensor; readonly b: ModuleTensor } {
  return { A: zeros(units, units), b: zeros(units) };
}

/** A linear probe [unit] → [class], for `x.linear(p.weight, p.bias)`: normal weights of deviation 1/√units, no bias. */
export function linearProbe(
  units: number,
  classes: number,
  seed = 0,
): { readonly weight: ModuleTensor; readonly bias: ModuleTensor } {
  return { weight: normal(classes, units, normalNumbers(randomNumbers(seed))), bias: zeros(classes) };
}

/** A layer of `inner` units between two linear maps, for `x.linear(p.up, p.upBias).gelu().linear(p.down, p.downBias)`. */
export function smallMlp(
  units: number,
  inner: number,
  outputs: number,
  seed = 0,
): Readonly<Record<"up" | "upBias" | "down" | "downBias", ModuleTensor>> {
  const next = normalNumbers(randomNumbers(seed));
  return {
    up: normal(inner, units, next),
    upBias: zeros(inner),
    down: normal(outputs, inner, next),
    downBias: zeros(outputs),
  };
}

function normal(rows: number, columns: number, next: () => number): ModuleTensor {
  const data = Float32Array.from({ length: rows * columns }, () => next() / Math.sqrt(columns));
  return { shape: [rows, columns], data };
}
