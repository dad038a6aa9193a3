import type { NamedTensor } from "../checkpoint/writeSafetensors.js";
import { positionCode, stepBack, tokenCodes, turningSpeeds } from "./codes.js";

/** Sizes of the demo, as its config says them. */
export const shape = { hidden: 256, heads: 4, layers: 2, inner: 64, positions: 512 } as const;

const size = shape.hidden / shape.heads;
/** Score of a perfect match in a sharp head; a near miss has about half of it. */
const sharp = 60;
/** Of 20,000 seeds tried, one of those whose codes of different positions are least alike (at most 0.39 up to 512 apart). */
const speeds = turningSpeeds(size / 4, 3802);

/** The residual is four parts of `size` units: which token, where, which token came before, and nothing. */
const part = { token: 0, position: size, previous: 2 * size } as const;

/** A map [size, size] from one part of the residual to a head's units, or back; undefined is zero. */
type Map = { readonly part: number; readonly matrix: Float64Array };

interface Head {
  readonly q?: Map;
  readonly qBias?: Float64Array;
  readonly k?: readonly Map[];
  readonly v?: Map;
  readonly out?: Map;
}

/**
 * Weights built by hand, not trained. Layer 0 copies to every position which token came before it (previous-token
 * head); layer 1 looks for a position whose previous token is the current one and copies its token as the
 * prediction (induction head; Elhage et al. 2021, Olsson et al. 2022). The other heads show other patterns: same
 * token, first position, a local window, self, uniform.
 */
export function makeWeights(vocabulary: number, bos: number): NamedTensor[] {
  const tokens = tokenCodes(vocabulary, size, 20231206);
  const base = "model.decoder";
  const tensors: NamedTensor[] = [
    table(`${base}.embed_tokens.weight`, vocabulary, (row) => tokens[row]!, part.token),
    table(
      `${base}.embed_positions.weight`,
      shape.positions + 2,
      (row) => positionCode(row - 2, speeds),
      part.position,
    ),
  ];
  // After layer 0 the residual holds a third unit vector, so its length goes from √2 to √3.
  headsOf(tokens[bos]!).forEach((heads, layer) => {
    tensors.push(...layerWeights(`${base}.layers.${layer}`, heads, Math.sqrt(2 + layer)));
  });
  tensors.push(...norm(`${base}.final_layer_norm`, 1.3));
  return tensors;
}

function headsOf(bos: Float64Array): readonly (readonly Head[])[] {
  const identity = square((i, j) => (i === j ? 1 : 0));
  const at = (where: number, matrix = identity): Map => ({ part: where, matrix });
  const strong = (where: number, matrix = identity, strength = sharp): Map =>
    at(
      where,
      matrix.map((x) => x * strength * Math.sqrt(size)),
    );
  const start = positionCode(0, speeds);

  const previousToken: Head = {
    q: strong(part.position, stepBack(1, speeds)),
    k: [at(part.position)],
    v: at(part.token),
    out: at(part.previous),
  };
  const sameToken: Head = { q: strong(part.token), k: [at(part.token)] };
  const firstPosition: Head = {
    qBias: start.map((x) => x * sharp * Math.sqrt(size)),
    k: [at(part.position)],
  };
  // Slow speeds alone cannot tell neighbours apart.
  const slow = square((i, j) => (i === j && speeds[Math.floor(i / 4)]! < 0.5 ? 1 : 0));
  const nearby: Head = { q: strong(part.position, slow, 40), k: [at(part.position)] };

  // Token codes sum to zero, which leaves the direction of all ones free: along it every query looks for the start
  // token, less than for a match, so that a query without a match rests there.
  const ones = 1 / Math.sqrt(size);
  const induction: Head = {
    q: strong(part.token),
    qBias: new Float64Array(size).fill(0.7 * sharp * Math.sqrt(size) * ones),
    k: [
      at(part.previous),
      at(
        part.token,
        square((_, j) => ones * bos[j]!),
      ),
    ],
    v: at(
      part.token,
      square((i, j) => (i === j ? 1 : 0) - bos[i]! * bos[j]!),
    ),
    out: at(part.token),
  };
  const self: Head = {
    q: strong(part.position),
    k: [at(part.position)],
    v: at(part.token),
    out: at(
      part.token,
      identity.map((x) => -x),
    ),
  };
  return [
    [previousToken, sameToken, firstPosition, nearby],
    [self, induction, sameToken, {}],
  ];
}

function layerWeights(path: string, heads: readonly Head[], length: number): NamedTensor[] {
  const { hidden, inner } = shape;
  const projection = (name: string, maps: (head: Head) => readonly Map[]) => {
    const data = new Float32Array(hidden * hidden);
    heads.forEach((head, h) => {
      for (const { part: from, matrix } of maps(head)) {
        matrix.forEach((x, n) => {
          const [i, j] = [Math.floor(n / size), n % size];
          const [row, column] = name === "out_proj" ? [from + i, h * size + j] : [h * size + i, from + j];
          data[row * hidden + column]! += x;
        });
      }
    });
    return { name: `${path}.self_attn.${name}.weight`, shape: [hidden, hidden], data };
  };
  const bias = (name: string, units: number, data = new Float32Array(units)) => ({
    name: `${path}.${name}.bias`,
    shape: [units],
    data,
  });
  const queryBias = Float32Array.from(heads.flatMap((head) => [...(head.qBias ?? new Float64Array(size))]));
  const list = (map: Map | undefined) => (map ? [map] : []);
  return [
    ...norm(`${path}.self_attn_layer_norm`, length / Math.sqrt(hidden)),
    projection("q_proj", (head) => list(head.q)),
    bias("self_attn.q_proj", hidden, queryBias),
    projection("k_proj", (head) => head.k ?? []),
    bias("self_attn.k_proj", hidden),
    projection("v_proj", (head) => list(head.v)),
    bias("self_attn.v_proj", hidden),
    projection("out_proj", (head) => list(head.out)),
    bias("self_attn.out_proj", hidden),
    ...norm(`${path}.final_layer_norm`, 1),
    { name: `${path}.fc1.weight`, shape: [inner, hidden], data: new Float32Array(inner * hidden) },
    bias("fc1", inner),
    { name: `${path}.fc2.weight`, shape: [hidden, inner], data: new Float32Array(hidden * inner) },
    bias("fc2", hidden),
  ];
}

/** A layer norm whose scale undoes its division by the standard deviation, so that it passes its input on. */
function norm(path: string, scale: number): NamedTensor[] {
  const units = shape.hidden;
  return [
    { name: `${path}.weight`, shape: [units], data: new Float32Array(units).fill(scale) },
    { name: `${path}.bias`, shape: [units], data: new Float32Array(units) },
  ];
}

function table(name: string, rows: number, code: (row: number) => Float64Array, at: number): NamedTensor {
  const data = new Float32Array(rows * shape.hidden);
  for (let row = 0; row < rows; row++) data.set(code(row), row * shape.hidden + at);
  return { name, shape: [rows, shape.hidden], data };
}

function square(entry: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, n) => entry(Math.floor(n / size), n % size));
}
