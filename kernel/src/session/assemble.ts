import { discardParcel } from "../engine/parcel/folder.js";
import { entriesOf, type ParcelEntry } from "../engine/parcel/entries.js";
import { emptyTensor, readParcel, type Target } from "../engine/parcel/reader.js";
import type { RankResult } from "../engine/stages.js";
import type { HookPoint } from "../graph/point.js";
import { elementCount } from "../graph/rowMajor.js";

/** A whole float32 value. */
export interface Whole {
  readonly dtype: "f32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What one rank of a replica holds of a value, and the memory that it is read into. */
interface Part {
  readonly dataRank: number;
  readonly entry: ParcelEntry;
  pieces: Target["pieces"];
}

/**
 * Reads the parcels of a run. What ranks hold in parts is read into its place in the whole: units of tensor ranks, within
 * rows of replicas. Throws when parts do not fit together, or a parcel does not hold what was described.
 *
 * @param pointOf the hook point behind a key; undefined for what is no point: a result that one rank holds whole, or
 * terms of it that add up
 */
export async function assemble(
  results: readonly RankResult[],
  pointOf: (key: string) => HookPoint | undefined,
): Promise<Map<string, Whole>> {
  try {
    const held = new Map<string, Part[]>();
    const read = [...results]
      .sort((a, b) => a.dataRank - b.dataRank || a.tensorRank - b.tensorRank)
      .map(({ parcel, dataRank }) => {
        const parts = entriesOf(parcel).map((entry): Part => ({ dataRank, entry, pieces: [] }));
        return { parcel, parts };
      });
    for (const { parts } of read)
      for (const part of parts) {
        const known = held.get(part.entry.name);
        if (known === undefined) held.set(part.entry.name, [part]);
        else known.push(part);
      }
    const wholes = [...held].map(([key, parts]) => {
      const point = parts.length === 1 ? undefined : pointOf(key);
      return [key, point === undefined ? sum(parts) : join(parts, point)] as const;
    });
    for (const { parcel, parts } of read) await readParcel(parcel, parts);
    return new Map(wholes.map(([key, whole]) => [key, whole()]));
  } catch (error) {
    for (const { parcel } of results) discardParcel(parcel);
    throw error;
  }
}

/** Places parts in rank order: along the axis that tensor ranks share, replicas along the rows. Returns the whole, once all are read. */
function join(parts: readonly Part[], { name, partition }: HookPoint): () => Whole {
  const ranks = [...new Set(parts.map(({ dataRank }) => dataRank))];
  const replicas = ranks.map((rank) => {
    const shapes = parts.filter(({ dataRank }) => dataRank === rank).map(({ entry }) => entry.shape);
    if (shapes.length > 1 && partition.kind !== "split")
      throw new Error(`${shapes.length} ranks answered for ${name}, which is not split`);
    const axis = partition.kind === "split" ? partition.axis : 0;
    return { shapes, axis, shape: joined(shapes, axis) };
  });
  const whole = emptyFloats(
    joined(
      replicas.map(({ shape }) => shape),
      0,
    ),
  );
  let start = 0;
  const pieces = replicas.flatMap(({ shapes, axis, shape }) => {
    const end = start + elementCount(shape);
    const rows = whole.data.subarray(start, end);
    start = end;
    return blocks(rows, shapes, axis);
  });
  parts.forEach((part, index) => (part.pieces = pieces[index]!));
  return () => whole;
}

/** Gives each term memory of its own; once all are read, they add up to the value, and one is the value. */
function sum(parts: readonly Part[]): () => Whole {
  const [first, ...rest] = parts.map((part) => {
    const term = emptyFloats(part.entry.shape);
    part.pieces = [term.data];
    return term;
  }) as [Whole, ...Whole[]];
  return () => {
    for (const { data } of rest) data.forEach((x, i) => (first.data[i] = (first.data[i] as number) + x));
    return first;
  };
}

/** Where values of these shapes lie, row-major, within the one that they make along an axis. */
function blocks(whole: Float32Array, shapes: readonly (readonly number[])[], axis: number): Float32Array[][] {
  if (shapes.length === 1) return [[whole]];
  const [first] = shapes as [readonly number[]];
  const outer = elementCount(first.slice(0, axis));
  const stride = whole.length / outer;
  let start = 0;
  return shapes.map((shape) => {
    const run = elementCount(shape.slice(axis));
    const from = start;
    start += run;
    return Array.from({ length: outer }, (_, block) =>
      whole.subarray(block * stride + from, block * stride + from + run),
    );
  });
}

function joined(shapes: readonly (readonly number[])[], axis: number): readonly number[] {
  const [first] = shapes as [readonly number[]];
  if (shapes.length === 1) return first;
  const length = shapes.reduce((sum, shape) => sum + (shape[axis] as number), 0);
  return first.map((size, at) => (at === axis ? length : size));
}

const emptyFloats = (shape: readonly number[]) => emptyTensor("f32", shape) as Whole;

/** Entries [from, to) of an axis. */
export function partAlong(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] },
  axis: number,
  from: number,
  to: number,
): Whole {
  if (to - from === shape[axis]) return { dtype: "f32", shape, data };
  const outer = elementCount(shape.slice(0, axis));
  const inner = elementCount(shape.slice(axis + 1));
  const run = (to - from) * inner;
  const part = new Float32Array(outer * run);
  for (let block = 0; block < outer; block++) {
    const start = (block * (shape[axis] as number) + from) * inner;
    part.set(data.subarray(start, start + run), block * run);
  }
  return { dtype: "f32", shape: shape.map((size, at) => (at === axis ? to - from : size)), data: part };
}
