import { timingSafeEqual } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { Channel } from "../wire/channel.js";
import { fromWorker, type FromWorker, type ToWorker } from "../wire/messages.js";
import type { RankProcess } from "./rankProcess.js";

export interface LobbyOptions {
  /** Path of the unix socket. */
  readonly path: string;
  /** Workers of another epoch are leftovers of an earlier launch. */
  readonly epoch: number;
  readonly token: string;
  readonly ranks: readonly RankProcess[];
  log(line: string): void;
}

/** Whether two secrets are equal, in a time that does not depend on where they differ. */
export function equalSecrets(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Listens for workers and hands each connection to its rank, once it has shown the token and the epoch. */
export function openLobby({ path, epoch, token, ranks, log }: LobbyOptions): Promise<Server> {
  const server = createServer((socket) => {
    let owner: RankProcess | undefined;
    let role: "worker" | "heartbeat" | undefined;
    const impatience = setTimeout(() => socket.destroy(), 10_000);
    socket.once("close", () => clearTimeout(impatience));
    const channel: Channel<FromWorker, ToWorker> = new Channel<FromWorker, ToWorker>(socket, fromWorker, {
      message(message, body) {
        if (owner !== undefined) return owner.heard(message, body);
        const rank = message.kind === "hello" ? ranks[message.rank] : undefined;
        if (
          message.kind !== "hello" ||
          rank === undefined ||
          message.epoch !== epoch ||
          !equalSecrets(message.token, token)
        ) {
          log(`refused a connection that is not a worker of epoch ${epoch}`);
          socket.destroy();
          return;
        }
        clearTimeout(impatience);
        owner = rank;
        role = message.role;
        if (role === "worker") rank.attach(channel);
        else rank.attachHeart();
        rank.heard(message, body);
      },
      closed(error) {
        if (role === "worker") owner?.disconnected(error);
      },
    });
  });
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const mask = process.umask(0o177);
    server.listen(path, () => resolve(server));
    process.umask(mask);
  });
}
