import inspector from "node:inspector";
import { Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import { frame, FrameReader } from "./frames.js";
import { commandPipe } from "./outlet.js";
import { toRunnerSchema, type FromInterrupter } from "./protocol.js";

/**
 * The thread that hears the supervisor while a cell keeps the main thread busy. It passes commands on to the main thread
 * and serves the interrupt ladder: ask for cancellation; terminate and ask again, five times; else say that it is stuck,
 * and go on until the main thread comes out of its native call.
 */
const main = parentPort!;
const session = new inspector.Session();
session.connectToMainThread();

/** Milliseconds in which an idle or awaiting main thread answers, and in which a terminated one does. */
const politely = 60;
const terminated = 100;
const terminations = 5;
/** Milliseconds between attempts on a stuck thread: it answers at once when it can, so this bounds what piles up in its port. */
const stuck = 1000;

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

/** Terminates what runs; true when that is acknowledged. */
async function terminate(milliseconds: number): Promise<boolean> {
  session.post("Runtime.terminateExecution");
  if (await ask(milliseconds)) return true;
  // A termination that met an idle thread kills the very request that follows it, so one more is made without.
  return ask(politely);
}

/** Returns when the main thread has stopped; one that stays in a native call is ended by the supervisor at a second interrupt, with all else. */
async function stop(): Promise<void> {
  let stopped = await ask(politely);
  for (let left = terminations; !stopped && left > 0; left--) stopped = await terminate(terminated);
  if (!stopped) say("stuck");
  while (!stopped) stopped = await terminate(stuck);
  say("interrupted");
}

const pipe = new Socket({ fd: commandPipe, readable: true, writable: true });
const reader = new FrameReader();
let ladder = Promise.resolve();

function say(kind: FromInterrupter["kind"]): void {
  const reply: FromInterrupter = { kind };
  pipe.write(frame(reply));
}

pipe.on("data", (chunk) => {
  for (const value of reader.read(chunk)) {
    const message = toRunnerSchema.parse(value);
    if (message.kind === "interrupt") ladder = ladder.then(stop);
    // A cell waits for the ladder, whose last termination would otherwise meet it and not the one before.
    else if (message.kind === "execute") ladder = ladder.then(() => main.postMessage(message));
    else main.postMessage(message);
  }
});

/** Without its supervisor a runner has no purpose, and a looping main thread would not notice. */
function orphaned(): void {
  process.kill(process.pid, "SIGKILL");
}
pipe.on("end", orphaned);
pipe.on("error", orphaned);
