import { connect } from "node:net";
import { workerData } from "node:worker_threads";
import { Channel } from "./wire/channel.js";
import { toWorker, type FromWorker, type ToWorker } from "./wire/messages.js";
import { memoryUsage } from "node:process";

/**
 * Runs beside the main thread of a worker, which cannot answer while it computes. Says every second that the
 * process lives and how much memory it has; when the launcher goes away, ends the whole process, whatever the
 * main thread is doing.
 */
const { socket: path, hello } = workerData as { socket: string; hello: FromWorker };
const orphaned = () => process.kill(process.pid, "SIGKILL");

const socket = connect(path);
const channel = new Channel<ToWorker, FromWorker>(socket, toWorker, { message() {}, closed: orphaned });
channel.send(hello);
const beat = () => channel.send({ kind: "beat", memory: memoryUsage.rss() });
beat();
setInterval(beat, 1000);
