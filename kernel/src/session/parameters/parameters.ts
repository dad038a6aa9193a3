import { shownAsTensor } from "../../display/index.js";
import type { DType } from "../../graph/dtype.js";
import { elementBytes } from "../../graph/dtype.js";
import { elementCount } from "../../graph/rowMajor.js";
import { printShape } from "../../graph/shape.js";
import type { StoredTensor } from "../../models/checkpoint/checkpoint.js";
import { refuseChanged } from "../../models/checkpoint/fingerprint.js";
import { readTensor } from "../../models/checkpoint/read.js";
import type { Model } from "../../models/model.js";
import type { Overlay } from "../../models/overlay.js";
import { TensorFiles, type WrittenTensor } from "./files.js";
import { unknownParameter } from "./unknown.js";

/** A whole tensor: row by row, `data.length` the product of `shape`. */
export interface WholeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A weight of the model as it is now. */
export interface Parameter extends WholeTensor {
  /** Hugging Face name. */
  readonly name: string;
  /** Element type in the checkpoint's files, or `i8` where it is quantised; `data` is float32, int8 × scale. */
  readonly stored: DType;
  readonly isEdited: boolean;
}

/** New values: a tensor of the parameter's shape, its numbers row by row, or a function from what it is now to those. */
export type ParameterChange = Given | ((whole: WholeTensor) => Given | Promise<Given>);
type Given = WholeTensor | Float32Array | readonly number[];

/** The weights that one run reads elsewhere; their files stay until they are let go. */
export interface HeldWeights {
  readonly weights: Overlay[];
  release(): void;
}

interface Edited extends WrittenTensor {
  runs: number;
  isOver: boolean;
}

/** The parameters of one client's model, whole, and what it has changed of them. */
export class Parameters {
  readonly #model: Model;
  readonly #files: TensorFiles;
  readonly #refuseGone: () => void;
  readonly #edited = new Map<string, Edited>();

  /**
   * @param overflow folder of the session, for what shared memory does not hold
   * @param refuseGone throws when the session has ended or was left, where nothing would read an edit or remove it
   */
  constructor(model: Model, overflow: string, refuseGone: () => void) {
    this.#model = model;
    this.#refuseGone = refuseGone;
    this.#files = new TensorFiles(overflow);
  }

  /** Names of those edited, in the order of the forward pass. */
  get edited(): string[] {
    // Every pass asks, and few have any.
    if (this.#edited.size === 0) return [];
    return [...this.#model.parameters.keys()].filter((name) => this.#edited.has(name));
  }

  /** `NAME sha256:…` of those edited, for the record of where a result came from. */
  get marks(): string[] {
    return this.edited.map((name) => `${name} sha256:${this.#edited.get(name)!.sha256}`);
  }

  async read(name: string): Promise<Parameter> {
    const stored = this.#find(name);
    const edit = this.#edited.get(stored.name);
    const { dtype, shape } = stored.tensor;
    const bytes = elementCount(shape) * elementBytes.f32;
    const own = { name: stored.name, dtype: "f32" as const, shape, offset: 0, bytes };
    if (edit === undefined) await refuseChanged(this.#model.checkpoint);
    const data = await readTensor(edit ? { ...own, file: edit.file } : stored.tensor);
    const parameter = { name: stored.name, stored: dtype, shape, data, isEdited: edit !== undefined };
    return shownAsTensor(parameter, () => ({ name: edit ? `${stored.name}, edited` : stored.name }));
  }

  async edit(name: string, change: ParameterChange): Promise<void> {
    this.#refuseGone();
    const { name: own, tensor } = this.#find(name);
    const given = typeof change === "function" ? await change(await this.read(own)) : change;
    this.#refuseGone();
    const written = this.#files.write(checked(own, tensor.shape, given));
    this.#retire(own);
    this.#edited.set(own, { ...written, runs: 0, isOver: false });
  }

  restore(name: string): void {
    const own = this.#find(name).name;
    if (this.#edited.has(own)) return this.#retire(own);
    const names = this.edited.join(", ") || "none";
    throw new Error(`parameter "${own}" is not edited: edited are ${names}`);
  }

  restoreAll(): void {
    for (const name of this.edited) this.#retire(name);
  }

  /** What a run that begins now reads, until the run has let go of it. */
  hold(): HeldWeights {
    const held = this.edited.map((name) => ({ name, edit: this.#edited.get(name)! }));
    for (const { edit } of held) edit.runs++;
    let isHeld = true;
    return {
      weights: held.map(({ name, edit: { file } }) => ({ name, file })),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        for (const { edit } of held) {
          edit.runs--;
          this.#clear(edit);
        }
      },
    };
  }

  /** Removes every file. */
  close(): void {
    this.restoreAll();
    this.#files.close();
  }

  #retire(name: string): void {
    const edit = this.#edited.get(name);
    if (edit === undefined) return;
    this.#edited.delete(name);
    edit.isOver = true;
    this.#clear(edit);
  }

  #clear(edit: Edited): void {
    if (edit.isOver && edit.runs === 0) this.#files.remove(edit);
  }

  #find(name: string): { name: string; tensor: StoredTensor } {
    const { parameters, blueprint } = this.#model;
    const own = blueprint.tied?.[name] ?? name;
    const tensor = parameters.get(own);
    if (tensor !== undefined) return { name: own, tensor };
    throw unknownParameter(name, this.#model, 3);
  }
}

function checked(name: string, shape: readonly number[], given: unknown): Float32Array {
  const count = elementCount(shape);
  const fault = (what: string) => new Error(`parameter "${name}" is ${printShape(shape)}: given ${what}`);
  const isArray = given instanceof Float32Array || Array.isArray(given);
  const tensor = (isArray ? { data: given } : given) as Partial<WholeTensor> | null | undefined;
  if (typeof tensor !== "object" || tensor === null || tensor.data === undefined)
    throw fault(`${String(given)}`);
  if (tensor.shape !== undefined && tensor.shape.join() !== shape.join())
    throw fault(`a tensor of shape ${printShape(tensor.shape)}`);
  if (tensor.data.length !== count) throw fault(`${tensor.data.length} numbers, not ${count}`);
  const data = Float32Array.from(tensor.data);
  const wrong = data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) throw fault(`${data[wrong]} at entry ${wrong}, which is no finite number in float32`);
  return data;
}
