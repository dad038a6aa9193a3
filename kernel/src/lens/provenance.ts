import type { Provenance } from "../display/payload/provenance.js";
import { madeOfRuns } from "../session/provenance.js";

/**
 * Where what a lens found comes from: the origin of one of its runs, with the lens in place of that run's call.
 *
 * @param inputs as they are printed
 * @param settings those that decide what is found; undefined ones are left out
 */
export function lensProvenance(
  run: Provenance,
  lens: string,
  inputs: readonly string[],
  settings: Readonly<Record<string, string | number | undefined>>,
  seed = run.seed,
): Provenance {
  const named = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  const { tokens } = run;
  const own = inputs.length === 1 && tokens !== undefined ? { tokens } : {};
  return { ...madeOfRuns(run, `${lens}(${[...inputs, ...named].join(", ")})`, seed), ...own };
}
