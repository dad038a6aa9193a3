import { takeParcel } from "../engine/parcel.js";
import type { RankResult } from "../engine/stages.js";
import type { HookPoint } from "../graph/point.js";

/** A whole float32 value. */
export interface Whole {
  readonly dtype: "f32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Reads the parcels of a run and puts what ranks hold in parts together again: units of tensor ranks, then rows of
 * replicas.
 *
 * @param pointOf the hook point behind a key; undefined for what is no point: a result that one rank holds whole, or
 * terms of it that add up
 */
export async function assemble(
  results: readonly RankResult[],
  pointOf: (key: string) => HookPoint | undefined,
): Promise<Map<string, Whole>> {
  const parts = new Map<string, Map<number, Whole[]>>();
  const inOrder = [...results].sort((a, b) => a.dataRank - b.dataRank || a.tensorRank - b.tensorRank);
  for (const { dataRank, parcel } of inOrder) {
    for (const [key, { data, shape }] of await takeParcel(parcel)) {
      const part = { dtype: "f32", shape, data: data as Float32Array } as const;
      const replicas = parts.get(key) ?? new Map<number, Whole[]>();
      parts.set(key, replicas.set(dataRank, [...(replicas.get(dataRank) ?? []), part]));
    }
  }
  return new Map(
    [...parts].map(([key, replicas]) => {
      const point = pointOf(key);
      if (point === undefined) return [key, addUp([...replicas.values()].flat())];
      const rows = [...replicas.values()].map((held) => join(held, point));
      return [key, joinAlong(rows, 0)];
    }),
  );
}

/** The sum of several terms of one shape. */
export function addUp(terms: readonly Whole[]): Whole {
  const [first, ...rest] = terms;
  if (first === undefined) throw new Error("nothing to add up");
  if (rest.length === 0) return first;
  const data = first.data.slice();
  for (const term of rest) term.data.forEach((x, i) => (data[i] = (data[i] as number) + x));
  return { ...first, data };
}

/** Parts in rank order, one after another along the axis that the tensor ranks share. */
export function join(parts: readonly Whole[], { name, partition }: HookPoint): Whole {
  const [first] = parts;
  if (first === undefined) throw new Error(`nothing came back for ${name}`);
  if (parts.length === 1) return first;
  if (partition.kind !== "split")
    throw new Error(`${parts.length} ranks answered for ${name}, which is not split`);
  return joinAlong(parts, partition.axis);
}

/** One value of several that follow each other along an axis. */
function joinAlong(parts: readonly Whole[], axis: number): Whole {
  const first = parts[0] as Whole;
  if (parts.length === 1) return first;
  const lengths = parts.map(({ shape }) => shape[axis] as number);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const shape = first.shape.map((size, at) => (at === axis ? whole : size));
  const outer = first.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const inner = first.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const data = new Float32Array(outer * whole * inner);
  let start = 0;
  for (const [index, part] of parts.entries()) {
    const run = (lengths[index] as number) * inner;
    for (let block = 0; block < outer; block++)
      data.set(part.data.subarray(block * run, (block + 1) * run), block * whole * inner + start);
    start += run;
  }
  return { dtype: "f32", shape, data };
}

/** Entries [from, to) of an axis. */
export function partAlong(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] },
  axis: number,
  from: number,
  to: number,
): Whole {
  if (to - from === shape[axis]) return { dtype: "f32", shape, data };
  const whole = shape[axis] as number;
  const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const run = (to - from) * inner;
  const part = new Float32Array(outer * run);
  for (let block = 0; block < outer; block++) {
    const start = (block * whole + from) * inner;
    part.set(data.subarray(start, start + run), block * run);
  }
  return { dtype: "f32", shape: shape.map((size, at) => (at === axis ? to - from : size)), data: part };
}
