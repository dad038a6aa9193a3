import { ofTokens } from "./perToken.js";
import type { Verdict, Verification } from "./types.js";

/** What so much of a verification comes to. */
export function verdictOf({
  kind,
  top1 = 1,
  best = true,
  totalVariation,
  deviations,
}: Pick<Verification, "kind" | "top1" | "best" | "totalVariation" | "deviations">): Verdict {
  if (top1 === 1 && best && deviations.every(({ relative }) => relative <= 1e-3)) return "supported";
  const isFinite = deviations.every(({ largest }) => largest < Infinity);
  const tokens = kind in ofTokens ? ofTokens[kind as keyof typeof ofTokens] : undefined;
  const ofEach = deviations.find(({ name }) => name === tokens);
  // Logits that are all off by δ at most move tanh(δ / 2) of the probability at most.
  const moved = totalVariation?.largest ?? (ofEach && Math.tanh(ofEach.largest / 2));
  const isNear = moved !== undefined && moved <= 0.1;
  return isFinite && isNear && top1 >= 0.9 ? "degraded" : "wrong";
}
