import { randomUUID } from "node:crypto";
import { connect as connectSocket, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, sweep } from "../engine/launch/leftovers.js";
import { Channel } from "../engine/wire/channel.js";
import { brokerPid, checkPrivate, folderNames, isGivenUp, readIfThere, sessionFolder } from "./folder.js";
import { fromBroker, protocol, type FromBroker, type Order, type ToBroker } from "./messages.js";
import { removeRemains } from "./remains.js";

/** A broker that does not answer within this many milliseconds is taken for frozen. */
export const patience = 10_000;

/** A broker whose socket nobody listens at for as many milliseconds is gone, whoever has its process id now. */
const longestDeaf = 1000;

/** Tells this process from all others: a notebook that opens a session again and again uses it once. */
const ownProcess = randomUUID();

/** A connection on which the broker has said what it holds. */
export interface Connection {
  readonly socket: Socket;
  readonly channel: Channel<FromBroker, ToBroker>;
  readonly order: Order;
  readonly pid: number;
}

/** Who hears what comes on a connection. */
export interface Listener {
  message(message: FromBroker): void;
  closed(error: Error | undefined): void;
}

/**
 * Connects to the broker of the session of this name. Undefined when there is none; a folder that a dead broker left
 * is removed. Throws one line when a broker is there and does not answer, or speaks another protocol.
 *
 * @param asksOnly whether this is no use of the session, but a question about it
 * @param begin called as soon as the broker has said what it holds, since its next message may lie behind it already
 */
export async function connectToBroker<L extends Listener>(
  name: string,
  begin: (connection: Connection) => L,
  { asksOnly = false }: { readonly asksOnly?: boolean } = {},
): Promise<L | undefined> {
  const folder = sessionFolder(name);
  checkPrivate();
  const hello = { kind: "hello", protocol, ...(!asksOnly && { process: ownProcess }) } as const;
  const silent = () => new Error(`broker of session "${name}" (pid ${brokerPid(folder)}) does not answer`);
  const since = performance.now();
  let deaf: { readonly pid: number | undefined; readonly since: number } | undefined;
  for (;;) {
    const pid = brokerPid(folder);
    const token = readIfThere(folder.token);
    const socket = token === undefined ? undefined : await dial(folder.socket, silent);
    if (token !== undefined && socket !== undefined) {
      const greeted = await greet(name, socket, { ...hello, token }, begin, silent).catch(
        (error: unknown) => {
          // One that is being closed, or dies, lets nobody in, and a moment later is not there.
          if (!(error instanceof NotLetIn) || performance.now() - since > longestDeaf) throw error;
          return undefined;
        },
      );
      if (greeted !== undefined) return greeted;
    }
    if (!folderNames().includes(name)) return undefined;
    if (socket !== undefined || pid === undefined || pid !== deaf?.pid)
      deaf = { pid, since: performance.now() };
    const isDeaf = performance.now() - deaf.since > longestDeaf;
    const isDead = pid === undefined ? isGivenUp(folder) : isDeaf || !isAlive(pid);
    if (isDead && removeRemains(name, pid)) {
      sweep();
      return undefined;
    }
    if (pid !== undefined && performance.now() - since > patience) throw silent();
    await sleep(25);
  }
}

class NotLetIn extends Error {}

function greet<L extends Listener>(
  name: string,
  socket: Socket,
  hello: Extract<ToBroker, { kind: "hello" }>,
  begin: (connection: Connection) => L,
  silent: () => Error,
): Promise<L> {
  return new Promise((resolve, reject) => {
    let listener: L | undefined;
    const timer = setTimeout(() => {
      socket.destroy();
      reject(silent());
    }, patience);
    const channel = new Channel<FromBroker, ToBroker>(socket, fromBroker, {
      message: (message) => {
        if (listener !== undefined) return listener.message(message);
        clearTimeout(timer);
        if (message.kind !== "welcome") return (socket.destroy(), void 0);
        if (message.protocol !== protocol) {
          channel.close();
          const versions = `protocol ${message.protocol}, this library ${protocol}`;
          return reject(
            new Error(`session "${name}" was opened by another version of vitrail (${versions})`),
          );
        }
        listener = begin({ socket, channel, order: message.order, pid: message.pid });
        socket.unref();
        resolve(listener);
      },
      closed: (error) => {
        clearTimeout(timer);
        reject(error ?? new NotLetIn(`session "${name}" refused the connection`));
        listener?.closed(error);
      },
    });
    channel.send(hello);
  });
}

/** A connection; undefined where nobody listens. Throws one line where that cannot be known: a broker that is frozen listens. */
function dial(path: string, silent: () => Error): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return resolve(undefined);
      // It has not let in as many as the system keeps waiting.
      reject(error.code === "EAGAIN" ? silent() : error);
    });
  });
}
