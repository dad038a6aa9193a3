import { cpus, release, totalmem, type } from "node:os";

const two = (x) => x.toFixed(2);
const ms = (x) => x.toFixed(x < 100 ? 1 : 0);
const mega = (bytes) => (bytes === undefined ? "?" : String(Math.round(bytes / 1e6)));
const verdict = (ratio, target) => `${two(ratio)} (${ratio <= target ? "≤" : "**above**"} ${target})`;

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The results as a Markdown page. */
export function report({ shape, rounds, cores, versions, forward, memory, meshes, opening }) {
  const processor = cpus()[0]?.model ?? "unknown processor";
  const machine = `${processor}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Speed

Machine: ${machine}. ${software.join(", ")}.
Model: ${shape} with random float32 weights. Medians of ${rounds} interleaved rounds; ratios are medians of the ratios within a
round. Shapes are batch × length. Our times are round trips from the client, worker process and transport included; PyTorch's are
measured inside its process. Made by \`npm run bench\`.

## One process against transformers (eager PyTorch, sdpa)

Every hook point is available; none is fetched, except in the column "captured", which brings back all residuals (in, mid, out)
and all attention patterns. "last" computes the last position's logits only, on both sides.

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
