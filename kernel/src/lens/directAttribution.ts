import { bars, heatmap, plot, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";
import { capture, editGradient, zero } from "../hooks/index.js";
import { cancelSignal } from "../session/host.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import { printInput } from "../session/provenance.js";
import type { Session } from "../session/session.js";
import type { Captured } from "../session/types.js";
import { lastDifference, metricOf, pairOf, type LogitDifference } from "./metric.js";
import { checkPrompt } from "./prompt.js";
import { lensProvenance } from "./provenance.js";

export interface DirectAttributionOptions {
  readonly metric: LogitDifference;
  readonly signal?: AbortSignal;
}

/** Terms whose sum is the logit difference at the last position. */
export interface DirectAttribution {
  readonly metric: string;
  /** The whole logit difference. */
  readonly whole: number;
  readonly embedding: number;
  /** Of each head's output, [layer][head]. */
  readonly heads: readonly (readonly number[])[];
  /** Of the biases behind the heads, by layer. */
  readonly biases: readonly number[];
  readonly mlps: readonly number[];
  /** Of the final norm's own bias. */
  readonly constant: number;
  /** With the lens as the call. */
  readonly provenance: Provenance;
}

const optionNames: OptionNames<DirectAttributionOptions> = { metric: true, signal: true };

/**
 * Direct logit attribution (Elhage et al. 2021; Wang et al. 2022): everything that writes into the residual stream is sent
 * by itself through the final norm, with the scale that the whole stream has there, and through the head. What the head
 * reads, and what each head's output is projected to, come from two backward passes, so that no weight leaves the workers.
 *
 * Throws one line for a model whose residual stream is not a plain sum, such as one that norms behind each sum.
 */
export async function directLogitAttribution(
  session: Session,
  input: string | readonly number[],
  options: DirectAttributionOptions,
): Promise<DirectAttribution & Displayable> {
  checkOptions("directLogitAttribution", options, optionNames);
  checkPrompt("direct attribution", input);
  const { metric, signal: given } = options;
  const tokens = await pairOf(session, metric);
  const { name } = await metricOf(session, metric);
  const abort = cancelSignal(given);
  const signal = abort && { signal: abort };
  const { layers, hidden } = session.dimensions;
  const last = `layers.${layers - 1}.residual.out`;
  const names = session.hookPoints("*").map((row) => row.name);
  // A model may have no final norm: the head then reads the stream itself.
  const readByHead = names.includes("norm") ? "norm" : last;
  const written = ["embedding", "layers.*.attention.output", "layers.*.mlp.output"];
  const difference = await session.backward(input, {
    logits: "last",
    given: { tokens },
    loss: ({ logits, given }) => lastDifference(logits, given["tokens"]!),
    hooks: [...new Set([...written, "layers.*.attention.z", readByHead, last])].map((point) =>
      capture(point),
    ),
    at: [`${readByHead}[position=-1]`],
    ...signal,
  });
  const at = (point: string) => lastUnits(difference.get(point));
  const stream = at(last);
  const parts = [
    "embedding",
    ...names.filter((point) => /^layers\.\d+\.(attention|mlp)\.output$/.test(point)),
  ];
  checkSum(parts.map(at), stream);
  const norm =
    readByHead === "norm"
      ? await finalNorm(session, stream, at("norm"))
      : { back: (v: Float32Array) => v, shift: new Float32Array(hidden) };
  const read = difference.gradient(readByHead).data;
  const direction = norm.back(read);

  // Behind the projection of a layer nothing but the projection: what goes on through the stream is stopped.
  // The last layer writes behind every projection, so no gradient comes back from there.
  const between = names
    .filter((point) => /^layers\.\d+\.residual\.(mid|out)$/.test(point))
    .filter((point) => !point.startsWith(`layers.${layers - 1}.`));
  const projected = await session.backward(input, {
    read: ["layers.*.attention.output"],
    given: { direction: { shape: [1, 1, hidden], data: direction } },
    loss: ({ captures, given }) =>
      Object.values(captures)
        .map((output) => output.slice(1, (output.shape[1] as number) - 1, output.shape[1] as number))
        .map((output) => output.mul(given["direction"]!).sum([0, 1, 2]))
        .reduce((sum, each) => sum.add(each)),
    hooks: between.map((point) => editGradient(point, zero())),
    at: ["layers.*.attention.z[position=-1]"],
    ...signal,
  });
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
  const heads = Array.from({ length: layers }, (_, layer) => {
    const slopes = projected.gradient(`layers.${layer}.attention.z`);
    const { shape, data } = difference.get(`layers.${layer}.attention.z`);
    const [, count, positions, size] = shape as [number, number, number, number];
    return Array.from({ length: count }, (_, head) => {
      const from = (head * positions + positions - 1) * size;
      return dot(data.subarray(from, from + size), slopes.data.subarray(head * size, (head + 1) * size));
    });
  });
  const contribution = (point: string) => dot(at(point), direction);
  const result: DirectAttribution = {
    metric: name,
    whole: difference.loss,
    embedding: contribution("embedding"),
    heads,
    biases: heads.map(
      (row, layer) => contribution(`layers.${layer}.attention.output`) - row.reduce((sum, x) => sum + x, 0),
    ),
    mlps: heads.map((_, layer) => contribution(`layers.${layer}.mlp.output`)),
    constant: dot(norm.shift, read),
    provenance: lensProvenance(difference.provenance, "directLogitAttribution", [printInput(input)], {
      metric: name,
    }),
  };
  return shownAs(result, () => figure(result));
}

/** The last position's units of a value [1, position, unit]. */
function lastUnits({ data, shape }: Captured): Float32Array {
  return data.subarray(data.length - shape.at(-1)!);
}

/** The stream must be the sum of what is written into it. */
function checkSum(parts: readonly Float32Array[], stream: Float32Array): void {
  const size = Math.max(...stream.map(Math.abs));
  const worst = Math.max(
    ...stream.map((x, i) => Math.abs(parts.reduce((sum, part) => sum + part[i]!, 0) - x)),
  );
  if (!(worst <= 1e-3 * size))
    throw new Error(
      `direct attribution: the residual stream is off the sum of what is written into it by ${worst.toPrecision(2)}, it is not a plain sum`,
    );
}

interface FinalNorm {
  /** Takes a direction of what the norm gives back to what it reads, its scale as it was in this run. */
  back(direction: Float32Array): Float32Array;
  readonly shift: Float32Array;
}

/** The final norm as a linear map, from what it read and gave. Throws when it is neither a layer norm nor an RMS norm. */
async function finalNorm(session: Session, x: Float32Array, y: Float32Array): Promise<FinalNorm> {
  const [{ aliases } = { aliases: [] }] = session.hookPoints("norm");
  const parameters = session.parameters().map((row) => row.name);
  const path = aliases.find((alias) => parameters.includes(`${alias}.weight`));
  const read = async (name: string) =>
    path !== undefined && parameters.includes(`${path}.${name}`)
      ? (await session.parameter(`${path}.${name}`)).data
      : undefined;
  const gain = (await read("weight")) ?? new Float32Array(x.length).fill(1);
  const shift = (await read("bias")) ?? new Float32Array(x.length);
  for (const centred of [true, false]) {
    const centre = (v: Float32Array) => {
      const mean = centred ? v.reduce((sum, each) => sum + each, 0) / v.length : 0;
      return v.map((each) => each - mean);
    };
    const scaled = centre(x).map((each, i) => each * gain[i]!);
    const given = y.map((each, i) => each - shift[i]!);
    // y = scaled / s: the s that fits best, and whether it fits.
    const s = square(scaled) / scaled.reduce((sum, each, i) => sum + each * given[i]!, 0);
    const off = Math.sqrt(square(given.map((each, i) => each - scaled[i]! / s)) / square(given));
    if (off < 1e-3) {
      const back = (v: Float32Array) => centre(v.map((each, i) => (each * gain[i]!) / s));
      return { shift, back };
    }
  }
  throw new Error("direct attribution: the final norm is neither a layer norm nor an RMS norm");
}

function square(v: Float32Array): number {
  return v.reduce((sum, each) => sum + each * each, 0);
}

function figure(found: DirectAttribution) {
  const layers = found.heads.map((_, layer) => layer);
  return plot(
    [
      heatmap({
        title: "By head",
        x: "head",
        y: "layer",
        value: "part of the logit difference",
        values: found.heads,
      }),
      bars({
        title: "By part",
        labels: {
          name: "part",
          labels: [
            "embedding",
            ...layers.flatMap((layer) => [`${layer} attention`, `${layer} mlp`]),
            "final norm's bias",
          ],
        },
        value: "part of the logit difference",
        series: [
          {
            name: "direct contribution",
            values: [
              found.embedding,
              ...layers.flatMap((layer) => [
                found.heads[layer]!.reduce((sum, x) => sum + x, found.biases[layer]!),
                found.mlps[layer]!,
              ]),
              found.constant,
            ],
          },
        ],
      }),
    ],
    {
      title: "Direct logit attribution",
      notes: [`${found.metric}: ${found.whole.toPrecision(5)}, which the parts add up to`],
      provenance: found.provenance,
    },
  );
}
