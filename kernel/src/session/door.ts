import { createServer, type Server } from "node:net";
import { equalSecrets } from "../engine/launch/lobby.js";
import { Channel } from "../engine/wire/channel.js";
import type { Client } from "./job.js";
import { protocol, toBroker, type FromBroker, type Order, type ToBroker } from "./messages.js";

/** Whoever does not say hello within this time is sent away. Milliseconds. */
const longestHello = 10_000;

export interface DoorOptions {
  /** Path of the socket, which is made for this user alone. */
  readonly socket: string;
  /** What a client must know. */
  readonly token: string;
  readonly order: Order;
  /** False once the session is being closed: nobody is let in any more. */
  isOpen(): boolean;
  joined(client: Client): void;
  heard(client: Client, message: ToBroker): void;
  left(client: Client): void;
  log(line: string): void;
}

/** Lets clients in that have the token and speak this protocol. Returns once it listens. */
export async function openDoor(options: DoorOptions): Promise<Server> {
  const { order, token, log } = options;
  let welcomed = 0;
  const server = createServer((socket) => {
    let client: Client | undefined;
    const impatience = setTimeout(() => socket.destroy(), longestHello);
    const channel: Channel<ToBroker, FromBroker> = new Channel<ToBroker, FromBroker>(socket, toBroker, {
      message: (message) => {
        if (client !== undefined) return options.heard(client, message);
        if (message.kind !== "hello" || !equalSecrets(message.token, token)) {
          log("refused a connection without the token");
          socket.destroy();
          return;
        }
        if (!options.isOpen()) return void socket.destroy();
        clearTimeout(impatience);
        channel.send({ kind: "welcome", protocol, order, pid: process.pid });
        if (message.protocol !== protocol) return channel.close();
        client = {
          channel,
          process: message.process,
          results: new Map(),
          closing: [],
          number: ++welcomed,
          caches: new Set(),
        };
        options.joined(client);
      },
      closed: (error) => {
        clearTimeout(impatience);
        if (error !== undefined) log(`client: ${error.message}`);
        if (client !== undefined) options.left(client);
      },
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const mask = process.umask(0o177);
    server.listen(options.socket, resolve);
    process.umask(mask);
  });
  return server;
}
