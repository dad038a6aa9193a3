import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { starts } from "./forward.mjs";
import { pause } from "./measure.mjs";

const two = (x) => x.toFixed(2);
const three = (x) => x.toFixed(3);
const ms = (x) => x.toFixed(x < 100 ? 1 : 0);
const within = ({ median, low, high }) => `${three(median)} [${three(low)}, ${three(high)}]`;
const mega = (bytes) => (bytes === undefined ? "?" : String(Math.round(bytes / 1e6)));
const atLeast = (ratio, target) => `${two(ratio)} (${ratio >= target ? "≥" : "**below**"} ${target})`;
const verdict = (ratio, target) => `${two(ratio)} (${ratio <= target ? "≤" : "**above**"} ${target})`;

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What decides how fast matrices are multiplied, where the system tells: the widest of these that the processor has. */
function vectors() {
  if (!existsSync("/proc/cpuinfo")) return [];
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" ") ?? [];
  return ["avx512f", "avx2", "avx"].filter((flag) => flags.includes(flag)).slice(0, 1);
}

/** The results as a Markdown page. */
export function report(results) {
  const {
    shape,
    rounds,
    cores,
    versions,
    forward,
    memory,
    meshes,
    opening,
    edits,
    gradients,
    peers,
    generation,
    prompts,
  } = results;
  const processor = [cpus()[0]?.model ?? "unknown processor", ...vectors()].join(" with ");
  const machine = `${processor}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Speed

Machine: ${machine}. ${software.join(", ")}.
Model: ${shape} with random float32 weights. Medians of ${rounds} interleaved rounds; ratios are medians of the ratios within a
round. Shapes are batch × length. Our times are round trips from the client, worker process and transport included; PyTorch's are
measured inside its process. Before each measurement stand ${pause} ms without work. Made by \`npm run bench\`.

## One process against transformers (eager PyTorch, sdpa)

Every hook point is available; none is fetched, except in the column "captured", which brings back all residuals (in, mid, out)
and all attention patterns. "last" computes the last position's logits only, on both sides. Both sides are started ${starts} times,
with as many rounds each time.

${table(
  [
    "shape",
    "threads",
    "torch ms",
    "packed ms",
    "packed ÷ torch",
    "mapped ms",
    "mapped ÷ torch",
    "captured ms",
    "captured ÷ packed",
    "last ÷ torch last",
  ],
  forward.map((r) => [
    r.shape,
    r.threads,
    ms(r.ms.torch),
    ms(r.ms.packed),
    verdict(r.packed, r.target),
    ms(r.ms.mapped),
    two(r.mapped),
    ms(r.ms.captured),
    verdict(r.captured, 1.15),
    two(r.last),
  ]),
)}

## Edits of one residual, 1×128 tokens, last logits

The compiled edit against our bare forward pass over interleaved pairs; the host edit, a function in the client that gets the
whole value and gives it back, against the same change by a forward hook in PyTorch eager. "moved" is what leaves the worker and
returns, beside the time that this machine's memory takes to copy as much once.

${table(
  [
    "threads",
    "bare ms",
    "compiled ÷ bare (95 %)",
    "pairs",
    "host ms",
    "torch hooked ms",
    "host ÷ torch hooked",
    "host − bare ms",
    "moved MB",
    "copied once ms",
  ],
  edits.map((r) => [
    r.threads,
    ms(r.bare),
    `${three(r.compiled.ratio)} [${three(r.compiled.low)}, ${three(r.compiled.high)}] (${r.compiled.high < 1.05 ? "below" : "**not below**"} 1.05)`,
    r.pairs,
    ms(r.ms.host),
    ms(r.ms["torch hooked"]),
    verdict(r.host, 1.5),
    two(r.ms.host - r.ms.bare),
    two(r.moved / 1e6),
    two(r.copied),
  ]),
)}

## What hooks cost, against other tools

A GPT-2 of 12 layers and 64 units, random weights, 1×16 tokens, one thread; each tool against its own bare forward pass, one call
right behind the other.
"hooked − bare" is what a call costs that reads one value; "each" what every further value costs, both within a round, with the
95 % interval of the median. Our calls go to another process and back (an empty round trip is ${two(peers.trip)} ms, in all three of our
times). Ours are medians of about a thousand calls, because V8 compiles what it has run some hundred times.

${table(
  ["tool", "bare ms", "one value ms", "12 values ms", "hooked − bare ms (95 %)", "each ms (95 %)"],
  Object.entries(peers.tools).map(([name, cost]) => {
    if (cost.error !== undefined) return [name, cost.error, "", "", "", ""];
    const { ms, hooked, each } = cost;
    return [name, three(ms[0]), three(ms[1]), three(ms[12]), within(hooked), within(each)];
  }),
)}

## Gradient of one loss at all residuals, against autograd

Cross-entropy at all positions; gradients at the input, middle and output of every layer come back; weights are frozen on both
sides. Ours with activations saved and computed again.

${table(
  ["shape", "threads", "torch ms", "saved ms", "saved ÷ torch", "recomputed ms", "recomputed ÷ torch"],
  gradients.map((r) => [
    r.shape,
    r.threads,
    ms(r.ms.torch),
    ms(r.ms.save),
    verdict(r.save, 1),
    ms(r.ms.recompute),
    two(r.recompute),
  ]),
)}

## Soft prompts

One AdamW step of a prompt of 8 tokens on 8 rows of 32, against peft's prompt tuning with the last logits only.

${table(
  ["threads", "peft ms", "ours ms", "ours ÷ peft"],
  prompts.steps.map((r) => [r.threads, ms(r.ms.peft), ms(r.ms.own), verdict(r.ratio, 0.95)]),
)}

2,000 rows of 7 to 18 tokens classified by a prompt, ${prompts.scores.threads} threads, each with its best batch size: the plain loop
over transformers, one that keeps the prompt's keys and values, runs rows of like length together and asks for the last logits only,
and ours.

${table(
  ["", "batch", "sentences a second", "ours is × as fast"],
  ["plain", "cached", "own"].map((name) => [
    name,
    prompts.scores.best[name],
    ms(prompts.scores.perSecond[name]),
    name === "own" ? "" : atLeast(prompts.scores[name], { plain: 1.5, cached: 1.05 }[name]),
  ]),
)}

## Greedy decoding, one row, milliseconds a token

${table(
  ["prompt", "threads", "ours", "transformers.generate", "÷"],
  generation.map((r) => [r.length, r.threads, ms(r.ms.own), ms(r.ms.torch), verdict(r.ratio, r.target)]),
)}

## Two processes against one, on ${cores} cores

${table(
  ["shape", "one ms", "pipeline 2 ms", "÷ one", "tensor 2 ms", "÷ one"],
  meshes.map((r) => [
    r.shape,
    ms(r.ms.one),
    ms(r.ms.pipeline),
    verdict(r.pipeline, 1.2),
    ms(r.ms.tensor),
    verdict(r.tensor, 1.2),
  ]),
)}

## Memory of the worker, in MB, after the runs above

${table(
  ["weights", "threads", "on disk", "private", "private ÷ disk", "proportional", "resident"],
  memory.map((r) => [
    r.weights,
    r.threads,
    mega(r.weightBytes),
    mega(r.private),
    r.private === undefined ? "?" : two(r.private / r.weightBytes),
    mega(r.proportional),
    mega(r.resident),
  ]),
)}

## Opening

${table(
  ["", "ms", "÷ from_pretrained"],
  [
    ["from_pretrained, everything imported", ms(opening.ms.from_pretrained), ""],
    ["session, packed, with its processes", ms(opening.ms.packed), two(opening.packed)],
    ["session, mapped, with its processes", ms(opening.ms.mapped), two(opening.mapped)],
  ],
)}
`;
}
