import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capture, edit, scale } from "../../kernel/dist/index.js";
import { open } from "./forward.mjs";
import { interleave, interval, median, medianInterval, pairedRatio, randomRows, timed } from "./measure.mjs";
import { peersPython } from "./peers/environment.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const point = "layers.6.residual.out";
const factor = 1.01;

/** One edit in the middle of the model, compiled and as a function here, against the bare pass and PyTorch's hook. */
export async function benchEdits({ folder, vocabulary, pytorch, rounds, threads, say }) {
  const session = await open(folder, { weights: "pack", threads });
  const layer = Math.floor(session.hookPoints("layers.*.residual.out").length / 2);
  const at = point.replace("6", String(layer));
  try {
    const rows = randomRows(1, 128, vocabulary);
    const compiled = { hooks: [edit(at, scale(factor))], logits: "last" };
    const host = {
      hooks: [edit(at, ({ shape, data }) => ({ shape, data: data.map((x) => x * factor) }))],
      logits: "last",
    };
    const bare = { logits: "last" };
    say(`edits, ${threads} thread(s)`);
    const pairs = await interleave(
      {
        bare: () => timed(() => session.forward(rows, bare)),
        compiled: () => timed(() => session.forward(rows, compiled)),
      },
      Math.max(200, rounds),
    );
    const times = await interleave(
      {
        bare: () => timed(() => session.forward(rows, bare)),
        host: () => timed(() => session.forward(rows, host)),
        torch: () => pytorch.forward(threads, rows, "last"),
        "torch hooked": () => pytorch.forward(threads, rows, "last", layer),
      },
      3 * rounds,
    );
    const { shape } = (await session.forward(rows, { hooks: [capture(at)], logits: "none" })).get(at);
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
    return {
      threads,
      bare: median(pairs.bare),
      compiled: { ratio: pairedRatio(pairs, "compiled", "bare"), ...interval(pairs, "compiled", "bare") },
      pairs: pairs.bare.length,
      ms,
      host: pairedRatio(times, "host", "torch hooked"),
      // Out of the worker and back into it.
      moved: 2 * bytes,
      copied: copyMilliseconds(2 * bytes),
    };
  } finally {
    await session.close();
  }
}

/** Milliseconds that this machine's memory takes to copy so many bytes once. */
function copyMilliseconds(bytes) {
  const from = new Uint8Array(bytes).fill(1);
  const to = new Uint8Array(bytes);
  const times = Array.from({ length: 50 }, () => {
    const started = performance.now();
    to.set(from);
    return performance.now() - started;
  });
  return median(times);
}

/** What a hooked call costs beyond a bare one, and each captured point, against other tools on the same small GPT-2. */
export async function benchPeers({ root, python, rounds, say }) {
  const peers = peersPython(root, python, say);
  say("hooks of other tools");
  const folder = join(root, ".vitrail", "bench", "gpt2-hooks");
  const environment = { ...process.env, HF_HUB_OFFLINE: "1" };
  const script = (...rest) =>
    spawnSync(peers, [join(here, "peers", "peers.py"), ...rest], { encoding: "utf8", env: environment });
  const made = script("save", folder);
  if (made.status !== 0) throw new Error(`peers.py save failed: ${made.stderr.trim().split("\n").at(-1)}`);
  const session = await open(folder, { weights: "pack", threads: 1 });
  let times;
  try {
    const rows = randomRows(1, 16, 1000);
    const hooks = (count) => Array.from({ length: count }, (_, i) => capture(`layers.${i}.residual.out`));
    const run = (count) => () => timed(() => session.forward(rows, { hooks: hooks(count) }));
    // One call behind the other, as peers.py runs the others: behind a pause a core has forgotten what it ran, and all that a
    // call does takes twice as long.
    times = await interleave(
      { 0: run(0), 1: run(1), 12: run(12), trip: () => timed(() => session.status()) },
      150 * rounds,
      0,
    );
  } finally {
    await session.close();
  }
  const theirs = script("time", String(60 * rounds));
  if (theirs.status !== 0) throw new Error(`peers.py failed: ${theirs.stderr.trim().split("\n").at(-1)}`);
  const others = JSON.parse(theirs.stdout.trim().split("\n").at(-1));
  const { trip, ...own } = times;
  const tools = Object.entries({ vitrail: own, ...others }).map(([name, each]) => [name, costOf(each)]);
  return { trip: median(trip), tools: Object.fromEntries(tools) };
}

/** Of the times with 0, 1 and 12 values by round: their medians, and what a hooked call and each further value cost within a round. */
function costOf({ error, ...times }) {
  if (error !== undefined) return { error };
  const each = times[12].map((ms, round) => (ms - times[1][round]) / 11);
  const hooked = times[1].map((ms, round) => ms - times[0][round]);
  const spread = (values) => ({ median: median(values), ...medianInterval(values) });
  const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
  return { ms, hooked: spread(hooked), each: spread(each) };
}
