import { metrics, shownAs, type Displayable } from "../../display/index.js";
import { asIndependent } from "../tables/shares.js";
import type { Identification } from "./judgement.js";
import { identificationRows } from "./summary.js";

/** A run, which shows as what each prompt found over all items; `identificationRows` also tells it by category. */
export function shownIdentification(run: Identification): Identification & Displayable {
  const { judgements, model, wrapper, scoring, calibrate, itemsSha } = run;
  return shownAs(run, () =>
    metrics(
      identificationRows(judgements, { model: model.name, sha: itemsSha.slice(0, 12) }).filter(
        ({ category, variant }) => category === "" && !variant.includes(asIndependent),
      ),
      {
        title: "Identification of bias",
        notes: [
          `${judgements.length} judgements under wrapper ${wrapper.name}, scoring ${scoring}, ${calibrate === false ? "not calibrated" : `calibrated by ${calibrate}`}; model ${model.fingerprint.slice(0, 12)}; by category: identificationRows(run.judgements).`,
        ],
      },
    ),
  );
}
