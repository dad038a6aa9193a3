import { Cancelled } from "../engine/cancelled.js";
import type { Fleet } from "../engine/fleet.js";
import { discardParcel } from "../engine/parcel/folder.js";
import { cacheName, discard, fail, handOut, ownStep, type Client, type Job } from "./job.js";
import type { ToBroker } from "./messages.js";
import { FairQueue } from "./queue.js";

type Message<Kind extends ToBroker["kind"]> = Extract<ToBroker, { kind: Kind }>;

/** The passes that clients ask for, run one after another, each client in its turn. */
export class Jobs {
  readonly #fleet: Fleet;
  readonly #queue = new FairQueue<Client, Job>();
  readonly #gone = new WeakSet<Client>();
  #running: Job | undefined;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /** Runs a pass when its turn comes; its client is told what came of it. */
  add(client: Client, request: Message<"forward">): void {
    this.#queue.add(client, { client, request, abort: new AbortController() });
    void this.#pump();
  }

  /** Gives a pass up, whether it waits or runs. */
  cancel(client: Client, id: number): void {
    const waiting = this.#queue.take(client, ({ request }) => request.id === id);
    if (waiting !== undefined) fail(waiting, new Cancelled());
    else if (this.#running?.client === client && this.#running.request.id === id) this.#running.abort.abort();
  }

  /** Goes on with what a client made of a host edit. What comes for a run that is over nobody will read. */
  handedBack(client: Client, message: Message<"handedBack">): void {
    const job = this.#running;
    if (job?.client === client && job.request.id === message.id && job.handedBack) job.handedBack(message);
    else for (const parcel of message.parcels) if (parcel !== null) discardParcel(parcel);
  }

  /** Lets the workers forget what a client's passes kept under this key. */
  release(client: Client, key: string): void {
    client.caches.delete(key);
    this.#fleet.release(cacheName(client, key));
  }

  /** Gives up all that a client asked for who is gone, and frees what it did not take. */
  drop(client: Client): void {
    this.#gone.add(client);
    this.#queue.drop(client);
    for (const results of client.results.values()) discard(results);
    if (this.#running?.client === client) this.#running.abort.abort();
    else this.#releaseAll(client);
  }

  async #pump(): Promise<void> {
    if (this.#running !== undefined) return;
    for (let job = this.#queue.next(); job !== undefined; job = this.#queue.next()) {
      this.#running = job;
      await this.#run(job);
      if (this.#gone.has(job.client)) this.#releaseAll(job.client);
    }
    this.#running = undefined;
  }

  async #run(job: Job): Promise<void> {
    const { client, request, abort } = job;
    try {
      const results = await this.#fleet.run(ownStep(job), abort.signal, (value) => handOut(job, value));
      if (client.channel.closed) return discard(results);
      client.results.set(request.id, results);
      client.channel.send({ kind: "result", id: request.id, results });
    } catch (error) {
      fail(job, error as Error);
    }
  }

  /** Nobody goes on from the caches of a client that is gone. */
  #releaseAll(client: Client): void {
    for (const key of [...client.caches]) this.release(client, key);
  }
}
