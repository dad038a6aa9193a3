import { lines, plot, shownAs, type Displayable } from "../display/index.js";
import type { Provenance } from "../display/payload/provenance.js";

/** A training result that shows as its loss by step, and that of the validation rows after so many steps. */
export function withLossCurve<T extends { readonly provenance: Provenance }>(
  result: T,
  title: string,
  losses: readonly number[],
  validation: { readonly x: readonly number[]; readonly y: readonly number[] } | undefined = undefined,
): T & Displayable {
  return shownAs(result, () =>
    plot(
      lines({
        title,
        x: "step",
        y: "loss (nats)",
        lines: [
          { name: "training", y: losses },
          ...(validation ? [{ name: "validation", ...validation }] : []),
        ],
      }),
      { provenance: result.provenance },
    ),
  );
}
