import { connect } from "node:net";
import { memoryUsage } from "node:process";
import { workerData } from "node:worker_threads";
import { encodeFrame } from "./wire/frame.js";
import type { FromWorker } from "./wire/messages.js";

/**
 * Runs beside the main thread of a worker, which cannot answer while it computes. Says every second that the
 * process lives and how much memory it has; when the launcher goes away, ends the whole process, whatever the
 * main thread is doing. Nobody tells it anything, so that it has no use for the checks of a channel, whose library takes
 * longer to load than all the rest of this thread.
 */
const { socket: path, hello } = workerData as { socket: string; hello: FromWorker };
const orphaned = () => process.kill(process.pid, "SIGKILL");

const socket = connect(path).resume();
socket.on("error", orphaned).on("close", orphaned);
const send = (message: FromWorker) => encodeFrame(message).forEach((chunk) => socket.write(chunk));
send(hello);
const beat = () => send({ kind: "beat", memory: memoryUsage.rss() });
beat();
setInterval(beat, 1000);
