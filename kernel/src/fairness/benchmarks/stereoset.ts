import { z } from "zod";
import type { Displayable } from "../../display/index.js";
import { parseJson, readSource } from "../../tuning/datasets/source.js";
import type { Benchmark } from "./benchmark.js";
import { shownBenchmark } from "./shownBenchmark.js";

/** A context and three ways to go on with it, or to fill its blank. */
export interface StereoSetItem {
  readonly id: string;
  readonly target: string;
  readonly type: string;
  /** `intra`: a word in the sentence. `inter`: a sentence after the context. */
  readonly task: "intra" | "inter";
  readonly context: string;
  readonly stereotype: string;
  readonly antiStereotype: string;
  readonly unrelated: string;
}

const about = { context: z.string(), bias_type: z.string(), id: z.string(), target: z.string() };

const entry = z.object({ ...about, sentence: z.string() });
const reshaped = z.object({
  stereotype: z.array(entry),
  "anti-stereotype": z.array(entry),
  unrelated: z.array(entry),
});

const kinds = ["stereotype", "anti-stereotype", "unrelated"] as const;
const question = z.object({
  ...about,
  sentences: z.array(z.object({ sentence: z.string(), gold_label: z.enum(kinds) })),
});
const published = z.object({
  data: z.object({ intrasentence: z.array(question), intersentence: z.array(question) }),
});

type Three = readonly [stereotype: string, antiStereotype: string, unrelated: string];

/**
 * StereoSet (Nadeem et al. 2021): the authors' `dev.json`, or the same reshaped to three lists in one order. Throws one line
 * for lists that do not match, and for an item without one sentence of each kind.
 */
export async function readStereoSet(path: string): Promise<Benchmark<StereoSetItem> & Displayable> {
  const source = await readSource(path);
  const value = parseJson(source);
  const isPublished = typeof value === "object" && value !== null && "data" in value;
  const items = isPublished ? publishedItems(path, value) : reshapedItems(path, value);
  return shownBenchmark(
    path,
    { items, sha256: source.sha256, leftOut: 0 },
    ({ task, type }) => `${task}, ${type}`,
  );
}

function publishedItems(path: string, value: unknown): StereoSetItem[] {
  const { intrasentence, intersentence } = parsed(path, published, value).data;
  const itemsOf = (questions: readonly z.infer<typeof question>[], task: StereoSetItem["task"]) =>
    questions.map(({ sentences, ...item }) => {
      const three = kinds.map((kind) => {
        const [only, ...more] = sentences.filter(({ gold_label }) => gold_label === kind);
        if (only === undefined || more.length > 0)
          throw new Error(
            `${path} item ${item.id} has ${only === undefined ? 0 : 1 + more.length} sentences that are ${kind}, not one`,
          );
        return only.sentence;
      });
      return itemOf(item, task, three as unknown as Three);
    });
  return [...itemsOf(intrasentence, "intra"), ...itemsOf(intersentence, "inter")];
}

function reshapedItems(path: string, value: unknown): StereoSetItem[] {
  const { stereotype, "anti-stereotype": anti, unrelated } = parsed(path, reshaped, value);
  return stereotype.map((item, i) => {
    const [b, c] = [anti[i], unrelated[i]];
    if (b?.id !== item.id || c?.id !== item.id)
      throw new Error(`${path} item ${i}: the three lists have ids ${item.id}, ${b?.id}, ${c?.id}`);
    const task = item.context.includes("BLANK") ? "intra" : "inter";
    return itemOf(item, task, [item.sentence, b.sentence, c.sentence]);
  });
}

function itemOf(
  { id, target, bias_type: type, context }: Omit<z.infer<typeof entry>, "sentence">,
  task: StereoSetItem["task"],
  [stereotype, antiStereotype, unrelated]: Three,
): StereoSetItem {
  return { id, target, type, task, context, stereotype, antiStereotype, unrelated };
}

function parsed<Value>(path: string, schema: z.ZodType<Value>, value: unknown): Value {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const { path: where, message } = read.error.issues[0]!;
  throw new Error(`${path} at ${where.join(".")}: ${message.toLowerCase()}`);
}
