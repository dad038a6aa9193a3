import { Aborted, type Collectives } from "./collectives.js";

/** What a rank says to the hub of its group: `send` carries the terms of one sum. */
export type ToHub = (
  meeting: { readonly step: number; readonly sequence: number },
  terms: Uint8Array,
) => void;

/**
 * Collectives through the launcher's socket, for hosts without usable shared memory. The same sums in the
 * same order as over shared memory, made by the hub.
 */
export class SocketCollectives implements Collectives {
  readonly #send: ToHub;
  #step = 0;
  #sequence = 0;
  #aborted = false;
  #waiting: { sequence: number; resolve(sum: Uint8Array): void; reject(error: Error): void } | undefined;

  constructor(send: ToHub) {
    this.#send = send;
  }

  begin(step: number): void {
    this.#step = step;
    this.#sequence = 0;
    this.#aborted = false;
    this.#waiting = undefined;
  }

  async allReduceSum(buffer: Float32Array): Promise<void> {
    const sum = await this.#meet(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    if (sum.byteLength !== buffer.byteLength)
      throw new Error(`sum of ${sum.byteLength} bytes came back for a buffer of ${buffer.byteLength}`);
    new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(sum);
  }

  /** The launcher, who hears that this rank has failed, tells the others. */
  abort(): void {
    this.aborted(this.#step);
  }

  /** The hub's answer. An answer to an abandoned step is dropped. */
  reduced(step: number, sequence: number, sum: Uint8Array): void {
    if (step !== this.#step || this.#waiting?.sequence !== sequence) return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(sum);
  }

  /** Another rank gave the step up. */
  aborted(step: number): void {
    if (step !== this.#step) return;
    this.#aborted = true;
    this.#waiting?.reject(new Aborted());
    this.#waiting = undefined;
  }

  #meet(terms: Uint8Array): Promise<Uint8Array> {
    if (this.#aborted) return Promise.reject(new Aborted());
    const sequence = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#waiting = { sequence, resolve, reject };
      this.#send({ step: this.#step, sequence }, terms);
    });
  }
}
