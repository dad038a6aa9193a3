import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import type { Provenance } from "../display/payload/provenance.js";
import { printMesh } from "../engine/mesh.js";
import type { Hook } from "../hooks/hook.js";
import { printHook } from "../hooks/printHook.js";
import type { BackwardOptions } from "./backward/types.js";
import type { Model } from "../models/model.js";
import type { Order } from "./messages.js";
import type { GenerateOptions } from "./generation/types.js";
import type { ForwardOptions, Input } from "./types.js";

const longestText = 40;

let known: Readonly<Record<string, string>> | undefined;

/** Versions of vitrail, node and onnxruntime. */
export function versions(): Readonly<Record<string, string>> {
  return (known ??= readVersions());
}

function readVersions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const versionOf = (path: string) => (require(path) as { version: string }).version;
  return {
    vitrail: versionOf("../../package.json"),
    node: process.versions.node,
    onnxruntime: versionOf("onnxruntime-node/package.json"),
  };
}

/**
 * Where a forward pass came from.
 *
 * @param ids what the input was read as; none of what reads several inputs
 */
export function provenanceOf(
  order: Order,
  model: Model,
  input: Input,
  options: ForwardOptions,
  ids?: readonly (readonly number[])[],
): Provenance {
  return {
    // A path says where somebody keeps the model, not what it is.
    model: existsSync(order.model) ? basename(resolve(order.model)) : order.model,
    fingerprint: order.fingerprint,
    mesh: printMesh(order.plan.mesh),
    devices: order.plan.devices,
    dtype: model.quantise ?? storedAs(model),
    seed: null,
    versions: versions(),
    // A call shows the beginning of a text; this tells two texts apart that begin alike.
    ...(ids && { tokens: createHash("sha256").update(JSON.stringify(ids)).digest("hex") }),
    call: printCall(input, options),
  };
}

/** Where something comes from that was made of several runs, of which this is one: it was not read from its tokens alone. */
export function madeOfRuns({ tokens: _, ...run }: Provenance, call: string, seed = run.seed): Provenance {
  return { ...run, seed, call };
}

const stored = new WeakMap<Model, string>();

/** Element type of most of the weights' bytes. */
function storedAs(model: Model): string {
  const before = stored.get(model);
  if (before !== undefined) return before;
  const bytes = new Map<string, number>();
  for (const { dtype, bytes: size } of model.checkpoint.tensors.values())
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + size);
  const most = [...bytes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "f32";
  stored.set(model, most);
  return most;
}

/** `forward("The nurse…", capture("layers.*.attention.pattern"))` */
export function printCall(
  input: Input,
  { hooks = [], logits, stopAfter, readout, after }: ForwardOptions,
  of: "forward" | "prefix" = "forward",
): string {
  const parts = [printInput(input), ...hooks.map(printHook)];
  if (after !== undefined) parts.push(`after: ${after.provenance.call}`);
  if (logits !== undefined) parts.push(`logits: ${logits}`);
  if (stopAfter !== undefined) parts.push(`stopAfter: ${stopAfter}`);
  if (readout !== undefined) parts.push(`readout: [${(readout.read ?? ["logits"]).join(", ")}]`);
  return `${of}(${parts.join(", ")})`;
}

/** `generate("The nurse…", edit("logits", scale 2), maxTokens: 5, temperature: 0.7)` */
export function printGenerate(
  input: Input,
  { hooks = [], signal: _, onToken: __, forced, ...rest }: GenerateOptions,
): string {
  const settings = Object.entries(rest).filter(([, value]) => value !== undefined);
  return `generate(${[
    printInput(input),
    ...hooks.map(printHook),
    ...settings.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(forced === undefined ? [] : [`forced: [${forced.length} rows]`]),
  ].join(", ")})`;
}

/** `score("The nurse…", [" was", " is"], edit("logits", scale 2))` */
export function printScore(prompt: Input, continuations: Input, hooks: readonly Hook[]): string {
  return `score(${[printInput(prompt), printInput(continuations), ...hooks.map(printHook)].join(", ")})`;
}

/** `backward("The nurse…", at: ["layers.*.residual.out"])` */
export function printBackward(
  input: Input,
  { hooks = [], read, at, parameters, activations }: BackwardOptions,
): string {
  const settings = Object.entries({ read, at, parameters, activations }).filter(
    ([, value]) => value !== undefined,
  );
  return `backward(${[
    printInput(input),
    ...hooks.map(printHook),
    ...settings.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join(", ")})`;
}

export function printInput(input: Input): string {
  if (typeof input === "string") return printText(input);
  const [first] = input;
  if (typeof first === "number") return `[${input.length} token ids]`;
  if (input.length === 1)
    return typeof first === "string" ? printText(first) : `[${first?.length ?? 0} token ids]`;
  return `[${typeof first === "string" ? `${printText(first)}, ` : ""}… ${input.length} rows]`;
}

function printText(text: string): string {
  const characters = [...text];
  return JSON.stringify(
    characters.length > longestText ? `${characters.slice(0, longestText).join("")}…` : text,
  );
}
