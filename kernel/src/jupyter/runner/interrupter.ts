import inspector from "node:inspector";
import { Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import { frame, FrameReader } from "./frames.js";
import { commandPipe } from "./outlet.js";
import { toRunnerSchema, type FromInterrupter } from "./protocol.js";

/**
 * The thread that hears the supervisor while a cell keeps the main thread busy. It passes commands on to the main thread
 * and serves the interrupt ladder: ask for cancellation; terminate and ask again, five times; else say it is stuck.
 */
const main = parentPort!;
const session = new inspector.Session();
session.connectToMainThread();

/** Milliseconds in which an idle or awaiting main thread answers, and in which a terminated one does. */
const politely = 60;
const terminated = 100;
const terminations = 5;

let asked = 0;
let answer: ((ask: number) => void) | undefined;
main.on("message", (ask: number) => answer?.(ask));

/** Asks the main thread to cancel; true when it acknowledges this very request in time. */
function ask(milliseconds: number): Promise<boolean> {
  const mine = ++asked;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    answer = (ask) => {
      if (ask !== mine) return;
      clearTimeout(timer);
      resolve(true);
    };
    main.postMessage({ kind: "cancel", ask: mine });
  });
}

async function stop(): Promise<boolean> {
  if (await ask(politely)) return true;
  for (let left = terminations; left > 0; left--) {
    session.post("Runtime.terminateExecution");
    if (await ask(terminated)) return true;
    // A termination that met an idle thread kills the very request that follows it, so one more is made without.
    if (await ask(politely)) return true;
  }
  return false;
}

const pipe = new Socket({ fd: commandPipe, readable: true, writable: true });
const reader = new FrameReader();
let ladder = Promise.resolve();

pipe.on("data", (chunk) => {
  for (const value of reader.read(chunk)) {
    const message = toRunnerSchema.parse(value);
    if (message.kind !== "interrupt") main.postMessage(message);
    else
      ladder = ladder.then(async () => {
        const reply: FromInterrupter = { kind: (await stop()) ? "interrupted" : "stuck", id: message.id };
        pipe.write(frame(reply));
      });
  }
});

/** Without its supervisor a runner has no purpose, and a looping main thread would not notice. */
function orphaned(): void {
  process.kill(process.pid, "SIGKILL");
}
pipe.on("end", orphaned);
pipe.on("error", orphaned);
