import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { sweep } from "../engine/launch/leftovers.js";
import { Fleet } from "../engine/fleet.js";
import { printMesh } from "../engine/mesh.js";
import { openDoor } from "./door.js";
import {
  brokerPid,
  quantisedFile,
  removeFolder,
  sessionFolder,
  writePrivately,
  type SessionFolder,
} from "./folder.js";
import type { Client } from "./job.js";
import { Jobs } from "./jobs.js";
import { order as orderSchema, type FromBroker, type Order, type ToBroker } from "./messages.js";
import type { SessionStatus } from "./types.js";

/** A broker whose model could not be loaded stays this long, so that whoever opened it hears why. Milliseconds. */
const lastWords = 10_000;

/**
 * So long after a client went what it left is swept away, which of one that was killed are its edited parameters: its
 * connection may end before its locks do. Milliseconds.
 */
const lastLocks = 1000;

/** A folder that is gone is noticed within this many milliseconds. */
const longestUnseen = 60_000;

/** Holds one session: its workers, and the clients that it serves in turn. */
class Broker {
  readonly #order: Order;
  readonly #folder: SessionFolder;
  readonly #fleet: Fleet;
  readonly #clients = new Set<Client>();
  readonly #jobs: Jobs;
  #server: Server | undefined;
  #failure: string | undefined;
  #loaded = false;
  /** How far each kind of work of the opening is, until a client has been told that all is loaded. */
  readonly #progress = new Map<string, FromBroker>();
  #idle: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(order: Order) {
    this.#order = order;
    this.#folder = sessionFolder(order.name);
    const { folder, fingerprint, quantise } = order;
    this.#fleet = new Fleet({
      folder: this.#folder.path,
      model: { folder, fingerprint, quantise: quantise && quantisedFile(this.#folder, quantise) },
      plan: order.plan,
      onProgress: (done, total, label, work) => {
        const message = { kind: "progress", done, total, label, work } as const;
        if (!this.#loaded) this.#progress.set(work, message);
        this.#tellAll(message);
      },
      log,
    });
    this.#jobs = new Jobs(this.#fleet);
  }

  /** Listens, then loads. Returns as soon as it listens. */
  async open(): Promise<void> {
    const token = randomBytes(32).toString("hex");
    this.#server = await openDoor({
      socket: this.#folder.socket,
      token,
      order: this.#order,
      isOpen: () => this.#closing === undefined,
      joined: (client) => this.#join(client),
      heard: (client, message) => this.#heard(client, message),
      left: (client) => this.#leave(client),
      log,
    });
    writePrivately(this.#folder.token, token);
    writePrivately(this.#folder.broker, JSON.stringify({ pid: process.pid }));
    this.#wait();
    this.#fleet.launch().then(
      () => {
        this.#loaded = true;
        if (this.#clients.size > 0) this.#progress.clear();
        this.#tellAll({ kind: "ready" });
      },
      (error: Error) => {
        this.#failure = error.message;
        log(`could not open: ${error.message}`);
        this.#tellAll({ kind: "failed", message: error.message });
        setTimeout(() => void this.close(), lastWords);
      },
    );
  }

  /** Ends the workers, removes the folder, ends the process. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    const ended = this.#fleet.close();
    // At once, so that whoever opens this name meanwhile begins anew and does not get a session that ends. A server that
    // closes removes its socket by path, which may be that of another session by now.
    if (this.#ownsFolder) {
      this.#server?.close();
      removeFolder(this.#order.name);
    }
    await ended;
    for (const { channel, closing } of this.#clients) {
      for (const id of closing) channel.send({ kind: "closed", id });
      channel.close();
    }
    // Neither a client that does not hang up nor a server that still listens keeps the process.
    setTimeout(() => process.exit(0), 1000).unref();
  }

  /** False once the folder was removed from outside, as that of a user who logs out is; another session may have its name. */
  get #ownsFolder(): boolean {
    return brokerPid(this.#folder) === process.pid;
  }

  #join(client: Client): void {
    this.#clients.add(client);
    clearTimeout(this.#idle);
    if (this.#failure !== undefined) return client.channel.send({ kind: "failed", message: this.#failure });
    // Whoever opened the session is the first to join, which may be when some of the work is done, or all of it.
    for (const message of this.#progress.values()) client.channel.send(message);
    if (!this.#loaded) return;
    this.#progress.clear();
    client.channel.send({ kind: "ready" });
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    this.#jobs.drop(client);
    setTimeout(sweep, lastLocks).unref();
    this.#wait();
  }

  /** With no client left, waits for one, as long as one can come; then ends. */
  #wait(since = performance.now()): void {
    clearTimeout(this.#idle);
    if (this.#clients.size > 0) return;
    if (this.#failure !== undefined) return void this.close();
    // Not by the time of day, which may be set anew while nobody is there.
    const left = since + this.#order.idleMinutes * 60_000 - performance.now();
    const why = !this.#ownsFolder
      ? "its folder is gone, and nobody can find it"
      : left <= 0 && `no client for ${this.#order.idleMinutes} minutes`;
    if (why !== false) {
      log(`${why}: closing`);
      return void this.close();
    }
    this.#idle = setTimeout(() => this.#wait(since), Math.min(left, longestUnseen));
  }

  #heard(client: Client, message: ToBroker): void {
    switch (message.kind) {
      case "hello":
        return;
      case "status":
        return client.channel.send({ kind: "status", id: message.id, status: this.#status() });
      case "forward":
        return this.#jobs.add(client, message);
      case "taken":
        client.results.delete(message.id);
        return;
      case "release":
        return this.#jobs.release(client, message.key);
      case "cancel":
        return this.#jobs.cancel(client, message.id);
      case "handedBack":
        return this.#jobs.handedBack(client, message);
      case "close":
        client.closing.push(message.id);
        return void this.close();
    }
  }

  #status(): SessionStatus {
    const { name, model, fingerprint, plan, openedAt, weightBytes, quantise } = this.#order;
    const ranks = this.#fleet.status();
    const { state } = this.#fleet;
    return {
      name,
      model,
      fingerprint,
      mesh: printMesh(plan.mesh),
      pid: process.pid,
      clients: new Set([...this.#clients].flatMap((client) => client.process ?? [])).size,
      openedAt,
      state: state === "down" || state === "closed" ? "failed" : state,
      ranks,
      ...(quantise && { quantise }),
      weightBytes,
      residentBytes: ranks.reduce((sum, { memory }) => sum + memory, 0),
    };
  }

  #tellAll(message: FromBroker): void {
    for (const { channel } of this.#clients) channel.send(message);
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

/** The broker's process. Detached from whoever started it, so that it outlives cells, kernels and terminals. */
async function main(name: string): Promise<void> {
  process.umask(0o077);
  for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => {});
  sweep();
  const broker = new Broker(orderSchema.parse(JSON.parse(readFileSync(sessionFolder(name).order, "utf8"))));
  process.on("SIGTERM", () => void broker.close());
  await broker.open();
}

const [, , name] = process.argv;
if (process.env["VITRAIL_BROKER"] === "1" && name !== undefined) {
  delete process.env["VITRAIL_BROKER"];
  main(name).catch((error: Error) => {
    // The folder stays, with this line in it, for whoever opens the session to tell and to remove.
    log(error.message);
    process.exit(1);
  });
}
