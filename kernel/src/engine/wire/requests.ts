import { z } from "zod";
import { Memo } from "../../graph/memo.js";
import { sliceSchema } from "../../hooks/wire.js";
import { parsed } from "./parsed.js";

/** A hook point that is wanted, and which part of it. */
export interface PointRequest {
  /** Name of the value in the returned parcel. */
  readonly key: string;
  readonly point: string;
  readonly slices: readonly z.infer<typeof sliceSchema>[];
}

const list = z.array(z.tuple([z.string(), z.string(), z.array(sliceSchema)]));

/** What a step wants, as text: calls in a loop say the same, which is taken apart and checked once by whoever reads it. */
export function requestsText(requests: readonly PointRequest[]): string {
  return JSON.stringify(requests.map(({ key, point, slices }) => [key, point, slices]));
}

/** Those of many points are long, so few are kept. */
const known = new Memo<readonly PointRequest[]>(32);

/** What a step wants: of equal texts the same list. Throws one line for what is none. */
export function requestsOf(text: string): readonly PointRequest[] {
  return known.of(list, text, () => {
    const read = parsed(list, text);
    if (read === undefined) throw new Error(`requests are no list of hook points: ${text.slice(0, 60)}`);
    return read.map(([key, point, slices]) => ({ key, point, slices }));
  });
}
