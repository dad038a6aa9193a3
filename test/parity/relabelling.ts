import type { fairness } from "../../kernel/src/index.js";
import { vitrail } from "./sessions.js";

/** The suite's terms dealt to the groups anew, to each as many of every kind as it had. */
export function termsDealt(random: () => number): Map<string, string> {
  const dealt = new Map<string, string>();
  for (const kind of ["adj", "n"]) {
    const own = vitrail.fairness.plantedTerms.filter((term) => term.kind === kind);
    const names = shuffled(
      own.map(({ group }) => group),
      random,
    );
    own.forEach(({ text }, i) => dealt.set(text, names[i]!));
  }
  return dealt;
}

/** Rows whose group names are shuffled within their templates. */
export function relabelled(
  rows: readonly fairness.Prediction[],
  random: () => number,
): fairness.Prediction[] {
  const places = new Map<string, number[]>();
  rows.forEach(({ template }, i) => places.set(template!, [...(places.get(template!) ?? []), i]));
  const names = rows.map(({ group }) => group);
  for (const own of places.values()) {
    const drawn = shuffled(
      own.map((i) => rows[i]!.group),
      random,
    );
    own.forEach((i, k) => (names[i] = drawn[k]!));
  }
  return rows.map((row, i) => ({ ...row, group: names[i]! }));
}

function shuffled(list: readonly string[], random: () => number): string[] {
  const names = [...list];
  for (let i = names.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [names[i], names[j]] = [names[j]!, names[i]!];
  }
  return names;
}
