/**
 * Requests of several clients, answered in turn: each client's own in order, and after one of a client the next
 * client's, so that nobody who asks much keeps the others waiting.
 */
export class FairQueue<Client, Job> {
  readonly #waiting = new Map<Client, Job[]>();

  /** Adds a job at the end of its client's line. */
  add(client: Client, job: Job): void {
    const line = this.#waiting.get(client);
    if (line === undefined) this.#waiting.set(client, [job]);
    else line.push(job);
  }

  /** Takes the next job; its client goes behind all others. */
  next(): Job | undefined {
    for (const [client, line] of this.#waiting) {
      const job = line.shift();
      this.#waiting.delete(client);
      if (line.length > 0) this.#waiting.set(client, line);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** Takes back the first waiting job of a client that fits. */
  take(client: Client, fits: (job: Job) => boolean): Job | undefined {
    const line = this.#waiting.get(client) ?? [];
    const index = line.findIndex(fits);
    return index < 0 ? undefined : line.splice(index, 1)[0];
  }

  /** Forgets a client and its jobs. */
  drop(client: Client): void {
    this.#waiting.delete(client);
  }
}
