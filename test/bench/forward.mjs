import { Session, capture } from "../../kernel/dist/index.js";
import { interleave, median, pairedRatio, randomRows, timed } from "./measure.mjs";
import { memoryOfWorkers } from "./memory.mjs";

export const shapes = [
  { batch: 1, length: 128 },
  { batch: 8, length: 64 },
];

let opened = 0;

export function open(folder, options) {
  return Session.open(folder, { quiet: true, name: `bench-${process.pid}-${opened++}`, ...options });
}

const everything = [capture("layers.*.residual.*"), capture("layers.*.attention.pattern")];

/** PyTorch takes up to a fifth longer in one process than in another, so both sides are started so many times. */
export const starts = 3;

/**
 * One process, packed and mapped, bare and with captures, against transformers on as many threads, all of them started
 * anew for every `rounds` rounds.
 */
export async function benchForward({ folder, vocabulary, startPytorch, rounds, threads, say }) {
  const found = shapes.map(() => ({}));
  let memory;
  for (let start = 0; start < starts; start++) {
    const pytorch = await startPytorch();
    const packed = await open(folder, { weights: "pack", threads });
    const mapped = await open(folder, { weights: "map", threads });
    try {
      for (const [i, { batch, length }] of shapes.entries()) {
        say(`forward ${batch}×${length}, ${threads} thread(s), processes ${start + 1} of ${starts}`);
        const rows = randomRows(batch, length, vocabulary);
        const times = await interleave(
          {
            torch: () => pytorch.forward(threads, rows),
            packed: () => timed(() => packed.forward(rows)),
            mapped: () => timed(() => mapped.forward(rows)),
            captured: () => timed(() => packed.forward(rows, { hooks: everything })),
            "torch last": () => pytorch.forward(threads, rows, "last"),
            "packed last": () => timed(() => packed.forward(rows, { logits: "last" })),
          },
          rounds,
        );
        for (const [name, values] of Object.entries(times)) (found[i][name] ??= []).push(...values);
      }
      memory = [await memoryRow("packed", packed, threads), await memoryRow("mapped", mapped, threads)];
    } finally {
      await packed.close();
      await mapped.close();
      await pytorch.close();
    }
  }
  const forward = shapes.map(({ batch, length }, i) => ({
    shape: `${batch}×${length}`,
    threads,
    ms: Object.fromEntries(Object.entries(found[i]).map(([name, values]) => [name, median(values)])),
    packed: pairedRatio(found[i], "packed", "torch"),
    mapped: pairedRatio(found[i], "mapped", "torch"),
    captured: pairedRatio(found[i], "captured", "packed"),
    last: pairedRatio(found[i], "packed last", "torch last"),
    target: batch === 1 && threads === 2 ? 0.75 : 0.9,
  }));
  return { forward, memory };
}

async function memoryRow(weights, session, threads) {
  const status = await session.status();
  return { weights, threads, weightBytes: status.weightBytes, ...memoryOfWorkers(status) };
}

/** Two processes against one on the same cores. Pipeline ranks may use all cores in turn; tensor ranks share them. */
export async function benchMeshes({ folder, vocabulary, rounds, cores, say }) {
  const one = await open(folder, { weights: "pack", threads: cores });
  const pipeline = await open(folder, { weights: "pack", threads: cores, devices: 2, mesh: { pipeline: 2 } });
  const tensor = await open(folder, {
    weights: "pack",
    threads: Math.max(1, cores >> 1),
    devices: 2,
    mesh: { tensor: 2 },
  });
  try {
    const result = [];
    for (const { batch, length } of shapes) {
      say(`meshes ${batch}×${length}`);
      const rows = randomRows(batch, length, vocabulary);
      const run = (session) => () => timed(() => session.forward(rows));
      const times = await interleave({ one: run(one), pipeline: run(pipeline), tensor: run(tensor) }, rounds);
      result.push({
        shape: `${batch}×${length}`,
        ms: Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)])),
        pipeline: pairedRatio(times, "pipeline", "one"),
        tensor: pairedRatio(times, "tensor", "one"),
      });
    }
    return result;
  } finally {
    await one.close();
    await pipeline.close();
    await tensor.close();
  }
}

/** Seconds until a session can answer, process start included, against from_pretrained in a warm process. */
export async function benchOpen({ folder, pytorch, rounds, say }) {
  say("opening");
  const session = (weights) => async () => {
    let live;
    const ms = await timed(async () => {
      live = await open(folder, { weights });
    });
    await live.close();
    return ms;
  };
  const times = await interleave(
    { from_pretrained: () => pytorch.open(), packed: session("pack"), mapped: session("map") },
    rounds,
  );
  return {
    ms: Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)])),
    packed: pairedRatio(times, "packed", "from_pretrained"),
    mapped: pairedRatio(times, "mapped", "from_pretrained"),
  };
}
