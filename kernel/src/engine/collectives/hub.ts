import type { RankGroup } from "../../graph/graph.js";
import { sumInRankOrder } from "./collectives.js";

/** Answers one rank. */
export type Answer = (meeting: { readonly step: number; readonly sequence: number }, sum: Uint8Array) => void;

/** Where the ranks of one group meet when they have no shared memory: in the launcher. */
export class Hub {
  readonly #size: number;
  readonly #group: RankGroup;
  readonly #meetings = new Map<
    string,
    { terms: (Float32Array | undefined)[]; answers: (Answer | undefined)[] }
  >();
  #step = -1;

  constructor(size: number, group: RankGroup) {
    this.#size = size;
    this.#group = group;
  }

  /** Takes the terms of one rank; when all have come, adds them in rank order and answers everybody. Throws when lengths differ. */
  arrive(rank: number, meeting: { step: number; sequence: number }, terms: Uint8Array, answer: Answer): void {
    if (meeting.step > this.#step) {
      this.#step = meeting.step;
      this.#meetings.clear();
    }
    if (meeting.step < this.#step) return;
    const key = `${meeting.step}/${meeting.sequence}`;
    const open = this.#meetings.get(key) ?? { terms: [], answers: [] };
    this.#meetings.set(key, open);
    // The received bytes may begin anywhere in a buffer; floats must not.
    open.terms[rank] = new Float32Array(Uint8Array.from(terms).buffer);
    open.answers[rank] = answer;
    const all = open.terms.filter((term) => term !== undefined);
    if (all.length < this.#size) return;
    this.#meetings.delete(key);
    const lengths = open.terms.map((term) => term?.length);
    const first = lengths[0] as number;
    if (lengths.some((length) => length !== first))
      throw new Error(`${this.#group} ranks met with buffers of different lengths: ${lengths.join(", ")}`);
    const sum = new Float32Array(first);
    sumInRankOrder(all, sum, 0, first);
    for (const reply of open.answers) reply?.(meeting, new Uint8Array(sum.buffer));
  }
}
