import type { Displayable } from "../../display/index.js";
import { nearest } from "../../graph/nearest.js";
import { readTable } from "../../tuning/datasets/table.js";
import type { Benchmark } from "./benchmark.js";
import type { Resolved } from "./coreference.js";
import { shownBenchmark } from "./shownBenchmark.js";

/** A sentence of Winogender (Rudinger et al. 2018): an occupation, another person, and a pronoun for one of the two. */
export interface WinogenderSentence extends Pick<Resolved, "gender" | "side"> {
  readonly text: string;
  readonly occupation: string;
  /** The other person; "someone" in half of the sentences. */
  readonly participant: string;
  /** Who the pronoun means. */
  readonly referent: "occupation" | "participant";
}

const referents: Readonly<Record<string, WinogenderSentence["referent"]>> = {
  0: "occupation",
  1: "participant",
};
const genders = ["male", "female", "neutral"] as const;

/**
 * Winogender from its `all_sentences.tsv` and `occupations-stats.tsv`. A pronoun goes against the stereotype, the authors'
 * "gotcha", when it means the occupation and is not of the gender of more than half of those who have it, or means the
 * other person and is. Throws one line with the row that does not fit.
 *
 * @param share the column of shares of women, in percent: of the labour statistics, or of a corpus
 */
export async function readWinogender(
  sentences: string,
  statistics: string,
  share: "bls_pct_female" | "bergsma_pct_female" = "bls_pct_female",
): Promise<Benchmark<WinogenderSentence> & Displayable> {
  const shares = await readTable(statistics, { format: "tsv", columns: { occupation: "occupation", share } });
  const women = new Map(shares.rows.map((row) => [row.occupation, Number(row.share)]));
  const columns = { id: "sentid", text: "sentence" };
  const { rows, sha256 } = await readTable(sentences, { format: "tsv", columns });
  const items = rows.map(({ id, text }, i): WinogenderSentence => {
    const [occupation = "", participant = "", answer = "", form, ending] = id.split(".");
    const gender = genders.find((each) => each === form);
    const referent = referents[answer];
    if (gender === undefined || referent === undefined || ending !== "txt")
      throw new Error(
        `${sentences} row ${i + 1} is called "${id}": it must be like nurse.patient.0.female.txt`,
      );
    const percent = women.get(occupation);
    if (percent === undefined || !Number.isFinite(percent))
      throw new Error(
        `${statistics} has no share of "${occupation}": nearest is ${nearest(occupation, [...women.keys()])[0]}`,
      );
    const usual = percent > 50 ? "female" : "male";
    const isPro = (gender === usual) === (referent === "occupation");
    const side = gender === "neutral" ? null : isPro ? "pro" : "anti";
    return { text, occupation, participant, referent, gender, side };
  });
  return shownBenchmark(sentences, { items, sha256, leftOut: 0 }, ({ gender }) => gender);
}
