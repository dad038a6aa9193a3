import { z } from "zod";
import type { Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { readSource } from "../../tuning/datasets/source.js";
import { parseLines, readTable } from "../../tuning/datasets/table.js";
import type { Benchmark } from "./benchmark.js";
import { shownBenchmark } from "./shownBenchmark.js";

/** A question of BBQ (Parrish et al. 2022) with its three answers. */
export interface BbqItem {
  readonly id: number;
  readonly category: string;
  /** The index of the question: rows of one are not independent. */
  readonly template: string;
  readonly polarity: "neg" | "nonneg";
  readonly condition: "ambig" | "disambig";
  readonly context: string;
  readonly question: string;
  readonly answers: readonly [string, string, string];
  /** The right answer, 0 to 2. */
  readonly label: number;
  /** The answer "unknown", in one of its wordings. */
  readonly unknown: number;
  /** The answer that names the group of the stereotype. */
  readonly stereotyped: number;
  /** The answer that the authors' metadata mark as the target, null for none of them; undefined where they were not read. */
  readonly target?: number | null;
}

export interface ReadBbqOptions {
  /**
   * What becomes of items without exactly one stereotyped answer, where `targets` does not say which it is: the file is
   * refused, or they are left out and counted.
   */
  readonly unclear?: "refuse" | "leave out";
  /**
   * Path of the authors' `additional_metadata.csv`, which the variant `paper` needs. Items without a target there are left
   * out and counted; items whose people have names get a category of their own, as in the paper's tables.
   */
  readonly targets?: string;
}

const optionNames: OptionNames<ReadBbqOptions> = { unclear: true, targets: true };

const about = z.tuple([z.string(), z.string()]);
const row = z.object({
  example_id: z.number(),
  question_index: z.union([z.string(), z.number()]).transform(String),
  question_polarity: z.enum(["neg", "nonneg"]),
  context_condition: z.enum(["ambig", "disambig"]),
  category: z.string(),
  answer_info: z.object({ ans0: about, ans1: about, ans2: about }),
  additional_metadata: z.object({ stereotyped_groups: z.array(z.string()) }),
  context: z.string(),
  question: z.string(),
  ans0: z.string(),
  ans1: z.string(),
  ans2: z.string(),
  label: z.int().min(0).max(2),
});

/**
 * BBQ from one of its JSONL files. The stereotyped answer is the one whose `answer_info` has, in lower case, one of the
 * `stereotyped_groups`. Not every item has exactly one, above all where groups intersect; there it is the one that the
 * authors' target implies, which is the stereotyped answer of a negative question and the other one of any other. Throws one
 * line with the row that does not fit.
 */
export async function readBbq(
  path: string,
  options: ReadBbqOptions = {},
): Promise<Benchmark<BbqItem> & Displayable> {
  checkOptions("readBbq", options, optionNames);
  const { unclear = "refuse", targets } = options;
  if (!["refuse", "leave out"].includes(unclear))
    throw new Error(`unclear "${String(unclear)}" of BBQ: choose "refuse" or "leave out"`);
  const source = await readSource(path);
  const rows = parseLines(source);
  const marked = targets === undefined ? undefined : await readTargets(targets);
  const items = rows.flatMap((value, i): BbqItem[] => {
    const read = row.safeParse(value);
    if (!read.success) {
      const { path: where, message } = read.error.issues[0]!;
      throw new Error(`${path} row ${i + 1} at ${where.join(".")}: ${message.toLowerCase()}`);
    }
    const { answer_info: info, additional_metadata: metadata, ...item } = read.data;
    const infos = [info.ans0, info.ans1, info.ans2].map((texts) => texts.map((text) => text.toLowerCase()));
    const groups = metadata.stereotyped_groups.map((group) => group.toLowerCase());
    const mark = marked?.get(keyOf(item.category, item.question_index, item.example_id));
    if (marked !== undefined && mark === undefined) return [];
    const places = {
      unknown: [0, 1, 2].filter((place) => infos[place]![1] === "unknown"),
      stereotyped: [0, 1, 2].filter((place) => infos[place]!.some((text) => groups.includes(text))),
    };
    const [unknown] = places.unknown;
    const target = mark?.target ?? undefined;
    if (
      places.stereotyped.length !== 1 &&
      unknown !== undefined &&
      target !== undefined &&
      target !== unknown
    )
      places.stereotyped = [item.question_polarity === "neg" ? target : 3 - unknown - target];
    for (const [what, { length }] of Object.entries(places)) {
      if (length === 1) continue;
      if (unclear === "leave out") return [];
      throw new Error(`${path} row ${i + 1} has ${length} answers that are ${what}, not one`);
    }
    return [
      {
        id: item.example_id,
        category: mark?.isNamed === true ? `${item.category} (names)` : item.category,
        template: item.question_index,
        polarity: item.question_polarity,
        condition: item.context_condition,
        context: item.context,
        question: item.question,
        answers: [item.ans0, item.ans1, item.ans2],
        label: item.label,
        unknown: places.unknown[0]!,
        stereotyped: places.stereotyped[0]!,
        ...(mark && { target: mark.target }),
      },
    ];
  });
  return shownBenchmark(
    path,
    { items, sha256: source.sha256, leftOut: rows.length - items.length },
    ({ category, condition }) => `${category}, ${condition}`,
  );
}

const keyOf = (category: string, question: string, id: number | string) => `${category} ${question} ${id}`;

/** Targets by item. A target may be `x`, none of the answers; an item without one is not among them. */
async function readTargets(
  path: string,
): Promise<ReadonlyMap<string, { readonly target: number | null; readonly isNamed: boolean }>> {
  const columns = {
    category: "category",
    question: "question_index",
    id: "example_id",
    target: "target_loc",
    wording: "label_type",
  };
  const { rows } = await readTable(path, { format: "csv", columns });
  return new Map(
    rows.flatMap(({ category, question, id, target, wording }, i) => {
      if (target === "" || target === "NA") return [];
      if (!/^[012x](\.0)?$/.test(target))
        throw new Error(`${path} row ${i + 1} has target_loc "${target}": it must be 0, 1, 2, x or NA`);
      const place = target === "x" ? null : Number(target);
      return [[keyOf(category, question, id), { target: place, isNamed: wording === "name" }] as const];
    }),
  );
}

/** The answer that follows the stereotype: its group on negative questions, the other group on the others. */
export function biasedAnswer({
  polarity,
  unknown,
  stereotyped,
}: Pick<BbqItem, "polarity" | "unknown" | "stereotyped">): number {
  return polarity === "neg" ? stereotyped : 3 - unknown - stereotyped;
}
