import { table, type Displayable } from "../../display/index.js";
import type { Effect, Verification } from "./types.js";

const exact = (x: number) => (x === 0 ? "0" : Number.isFinite(x) ? x.toExponential(1) : "infinite");

const titles: Readonly<Record<Verification["kind"], string>> = {
  forward: "verification",
  backward: "verification",
  generation: "verification of a generation, on the tokens that it has",
  score: "verification of a score",
};

/** A verification as a table. */
export function view(verification: Verification): Displayable {
  const { verdict, kind, positions, top1, best, totalVariation, deviations, effect, edits } = verification;
  const worst = deviations.reduce((a, b) => (b.relative > a.relative ? b : a));
  const rows: { what: string; value: string }[] = [{ what: "verdict", value: verdict }];
  if (top1 !== undefined)
    rows.push({
      what: "same likeliest token",
      value: `${(100 * top1).toFixed(1)} % of ${positions} positions`,
    });
  if (best !== undefined) rows.push({ what: "same likeliest continuation", value: best ? "yes" : "no" });
  if (totalVariation !== undefined) {
    const { mean, largest } = totalVariation;
    rows.push({ what: "total variation", value: `mean ${exact(mean)}, largest ${exact(largest)}` });
  } else if (kind === "generation")
    rows.push({ what: "total variation", value: "not known: logits were not captured at every step" });
  const deviation = `${exact(worst.largest)} at ${worst.name}, ${exact(worst.relative)} of its largest entry`;
  rows.push({ what: "largest deviation", value: deviation });
  rows.push({ what: "edits", value: effect === undefined ? "none" : `have ${printEffect(effect)}` });
  if (edits.length > 1)
    for (const { edit, effect: own, failure } of edits) {
      const value = own === undefined ? `not known: without it, ${failure}` : `has ${printEffect(own)}`;
      rows.push({ what: edit, value });
    }
  return table(
    rows,
    [
      { title: "against one process", value: ({ what }) => what },
      { title: "", value: ({ value }) => value },
    ],
    titles[kind],
  );
}

/** An effect in a few words. */
export function printEffect({ largest, at, isThere, isReturned, compared }: Effect): string {
  if (isThere && isReturned) return `an effect, ${exact(largest)} at most, at ${at}`;
  if (isThere)
    return `an effect, ${exact(largest)} at most, on the ${at} that the run left out; none on what it returned`;
  const few = compared.slice(0, 3).join(", ");
  const looked = compared.length > 3 ? `${few} and ${compared.length - 3} more` : few;
  if (at === undefined) return `no effect at all on ${looked}`;
  return `no effect above rounding (largest ${exact(largest)} at ${at}), of ${looked}`;
}
