// One rank of collectives.test.ts, in its own process: takes a task as a message, answers with what it found.
import { SharedMemoryCollectives } from "../../../dist/engine/collectives/sharedMemory.js";
import { SocketCollectives } from "../../../dist/engine/collectives/socket.js";

/** The same pseudo-random terms whoever makes them; magnitudes differ so that the order of adding shows. */
function terms(seed, length) {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return (state / 2 ** 32 - 0.5) * 10 ** (state % 9);
  });
}

function open({ kind, ...options }) {
  if (kind === "sharedMemory") return new SharedMemoryCollectives(options);
  const collectives = new SocketCollectives((meeting, bytes) => {
    process.send({ kind: "reduce", ...meeting, bytes: Buffer.from(bytes).toString("base64") });
  });
  process.on("message", (message) => {
    if (message.kind === "reduced")
      collectives.reduced(message.step, message.sequence, Buffer.from(message.bytes, "base64"));
  });
  return collectives;
}

/** The launcher begins a step only when every rank has answered the last one. */
async function stepped() {
  process.send({ kind: "stepped" });
  await new Promise((resolve) => process.once("message", resolve));
}

async function meet(collectives) {
  await collectives.allReduceSum(new Float32Array(1));
}

const tasks = {
  async sums(collectives, { rank, steps, lengths }) {
    const sums = [];
    for (let step = 1; step <= steps; step++) {
      collectives.begin(step);
      for (const length of lengths) {
        const buffer = terms(1000 * step + 10 * length + rank, length);
        await collectives.allReduceSum(buffer);
        sums.push(Buffer.from(buffer.buffer).toString("base64"));
      }
    }
    return sums;
  },

  /** Rank 0 gives every other step up after a different number of meetings; the steps between must be right. */
  async aborts(collectives, { rank, size }) {
    const found = [];
    for (let step = 1; step <= 12; step++) {
      collectives.begin(step);
      let outcome = 0;
      try {
        for (let meeting = 0; meeting < 6; meeting++) {
          if (rank === 0 && step % 2 === 0 && meeting === step / 2 - 1) {
            collectives.abort();
            throw new Error("given up");
          }
          const buffer = new Float32Array(meeting % 2 === 0 ? 5 : 9000).fill(rank + step);
          await collectives.allReduceSum(buffer);
          outcome = buffer.at(-1);
        }
      } catch (error) {
        outcome = error.message;
      }
      found.push(outcome);
      await stepped();
    }
    return { found, size };
  },

  /** Rank 0 gives the first step up; the last of so many more is a sum, and nobody meets in those between. */
  async idles(collectives, { rank, more }) {
    collectives.begin(1);
    if (rank === 0) collectives.abort();
    for (let step = 2; step <= 1 + more; step++) {
      // All in step every now and then: ranks are never far apart.
      if (step % 1024 === 0) await stepped();
      collectives.begin(step);
    }
    const buffer = Float32Array.of(rank + 1);
    await collectives.allReduceSum(buffer);
    return buffer[0];
  },

  async wait(collectives) {
    collectives.begin(1);
    await meet(collectives);
    process.send({ kind: "met" });
    const since = performance.now();
    try {
      await meet(collectives);
      return "met";
    } catch (error) {
      return { message: error.message, seconds: (performance.now() - since) / 1000 };
    }
  },

  /** Meets once, then never again. */
  async desert(collectives) {
    collectives.begin(1);
    await meet(collectives);
    process.send({ kind: "met" });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
};

process.once("message", async ({ task, options }) => {
  const collectives = open(options.collectives);
  process.send({ kind: "mapped" });
  await new Promise((resolve) => process.once("message", resolve));
  process.send({ kind: "result", value: await tasks[task](collectives, options) }, () =>
    process.disconnect(),
  );
});
