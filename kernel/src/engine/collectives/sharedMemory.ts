import type { RankGroup } from "../../graph/graph.js";
import { Aborted, sumInRankOrder, type Collectives } from "./collectives.js";
import { isAlive } from "../launch/leftovers.js";
import { posix } from "./posix.js";
import { layoutOf, line, mapSegment, smallBytes } from "./segment.js";

export interface SharedMemoryOptions {
  readonly name: string;
  readonly group: RankGroup;
  readonly rank: number;
  readonly size: number;
  readonly slotBytes: number;
  /** Whether there are more cores than ranks, so that a waiting rank may burn one for a moment. */
  readonly spin: boolean;
  /** Longest wait for another living rank, milliseconds. */
  readonly timeout?: number;
}

/** A sleeping rank looks up this often, in milliseconds, to see whether the rank it waits for still lives. */
const slice = 100;

/**
 * Collectives over one POSIX shared-memory segment, for ranks on one Linux host.
 *
 * Every rank has a word that says how far it has come: the step in the high half, the meeting within the step in
 * the low half. A rank waits until all words have reached its own. Because words only grow, a step that was
 * abandoned half-way, by some ranks earlier than by others, leaves nothing to clean up. Words are compared modulo
 * 2^32, so a rank says that it has begun a step even when it meets nobody in it. What is given up is a whole step,
 * not a word: half of one comes round again.
 */
export class SharedMemoryCollectives implements Collectives {
  readonly #options: SharedMemoryOptions;
  readonly #words: Int32Array;
  readonly #pids: Int32Array;
  readonly #abort: Int32Array;
  readonly #sleepers: Int32Array;
  readonly #slots: readonly Float32Array[];
  readonly #result: Float32Array;
  readonly #small: readonly (readonly Float32Array[])[];
  #steps = 0;
  #tag = 0;
  #meeting = 0;
  #turn = 0;

  constructor(options: SharedMemoryOptions) {
    const { name, rank, size, slotBytes } = options;
    this.#options = options;
    const memory = mapSegment(name, size, slotBytes);
    const layout = layoutOf(size, slotBytes);
    const control = new Int32Array(memory, layout.control, (2 + 2 * size) * line);
    this.#abort = control.subarray(0, 1);
    this.#sleepers = control.subarray(line, line + 1);
    this.#words = control.subarray(2 * line, (2 + size) * line);
    this.#pids = control.subarray((2 + size) * line);
    const slot = (index: number) => new Float32Array(memory, layout.slots + index * slotBytes, slotBytes / 4);
    this.#slots = Array.from({ length: size }, (_, index) => slot(index));
    this.#result = slot(size);
    this.#small = [0, 1].map((turn) =>
      Array.from(
        { length: size },
        (_, index) =>
          new Float32Array(memory, layout.small + (2 * index + turn) * smallBytes, smallBytes / 4),
      ),
    );
    Atomics.store(this.#pids, rank * line, process.pid);
  }

  begin(): void {
    // Counted here rather than taken from the caller: words must grow without jumps.
    this.#steps = (this.#steps + 1) | 0;
    this.#tag = (this.#steps & 0xffff) << 16;
    Atomics.store(this.#words, this.#options.rank * line, this.#tag);
    this.#meeting = 0;
    this.#turn = 0;
  }

  async allReduceSum(buffer: Float32Array): Promise<void> {
    if (buffer.byteLength <= smallBytes) return this.#sumSmall(buffer);
    const room = this.#result.length;
    for (let at = 0; at < buffer.length; at += room) this.#sumLarge(buffer.subarray(at, at + room));
  }

  abort(): void {
    Atomics.store(this.#abort, 0, this.#steps);
    for (let rank = 0; rank < this.#options.size; rank++) posix().futexWake(this.#word(rank));
  }

  /** Two areas in turn: a rank that writes the next sum cannot reach one who still reads the last. */
  #sumSmall(buffer: Float32Array): void {
    const areas = this.#small[this.#turn] as readonly Float32Array[];
    this.#turn = 1 - this.#turn;
    (areas[this.#options.rank] as Float32Array).set(buffer);
    this.#meet();
    sumInRankOrder(areas, buffer, 0, buffer.length);
  }

  /** Each rank adds its share of all slots, in pieces of whole cache lines. */
  #sumLarge(buffer: Float32Array): void {
    const { rank, size } = this.#options;
    (this.#slots[rank] as Float32Array).set(buffer);
    this.#meet();
    const share = Math.ceil(buffer.length / size / line) * line;
    const from = Math.min(rank * share, buffer.length);
    sumInRankOrder(this.#slots, this.#result, from, Math.min(from + share, buffer.length));
    this.#meet();
    buffer.set(this.#result.subarray(0, buffer.length));
  }

  #word(rank: number): Int32Array {
    return this.#words.subarray(rank * line, rank * line + 1);
  }

  /** Says that this rank has come to the next meeting, and waits for the others. */
  #meet(): void {
    const { rank, size } = this.#options;
    if (++this.#meeting > 0xffff) throw new Error("more than 65535 meetings of a group in one step");
    const here = this.#tag | this.#meeting;
    Atomics.store(this.#words, rank * line, here);
    if (Atomics.load(this.#sleepers, 0) > 0) posix().futexWake(this.#word(rank));
    for (let other = 0; other < size; other++) if (other !== rank) this.#await(other, here);
  }

  #await(rank: number, here: number): void {
    const at = rank * line;
    const behind = () => (Atomics.load(this.#words, at) - here) | 0;
    for (let turns = this.#options.spin ? 20_000 : 200; turns > 0; turns--) {
      if (behind() >= 0) return;
    }
    const { group, timeout = 600_000 } = this.#options;
    const until = performance.now() + timeout;
    Atomics.add(this.#sleepers, 0, 1);
    try {
      while (behind() < 0) {
        if (Atomics.load(this.#abort, 0) === this.#steps) throw new Aborted();
        const pid = Atomics.load(this.#pids, at);
        if (pid !== 0 && !isAlive(pid)) throw new Error(`${group} rank ${rank} (pid ${pid}) died`);
        if (performance.now() > until)
          throw new Error(`${group} rank ${rank} did not come to a meeting within ${timeout} ms`);
        const seen = Atomics.load(this.#words, at);
        if (((seen - here) | 0) < 0) posix().futexWait(this.#word(rank), seen, slice);
      }
    } finally {
      Atomics.sub(this.#sleepers, 0, 1);
    }
  }
}
