import type { Provenance } from "../../display/payload/provenance.js";
import type { BackwardOptions } from "../../session/backward/types.js";
import type { Session } from "../../session/session.js";
import type { Input } from "../../session/types.js";
import type { NamedModuleTensor } from "./modules.js";

/** One backward pass of a step: what runs, and its loss. */
export interface Pass extends Pick<
  BackwardOptions,
  "hooks" | "loss" | "read" | "given" | "logits" | "trained"
> {
  readonly input: Input;
}

/** The loss of a step's passes together, and its gradient by `MODULE.TENSOR`. */
export interface ModuleGradient {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly provenance: Provenance;
}

/** Loss and gradient of passes, added up. Throws one line when a tensor takes part in none of them. */
export async function moduleGradient(
  session: Session,
  named: readonly NamedModuleTensor[],
  passes: readonly Pass[],
  { step, signal }: { readonly step: number; readonly signal: AbortSignal | undefined },
): Promise<ModuleGradient> {
  const gradients = new Map(named.map(({ name, data }) => [name, new Float32Array(data.length)]));
  const reached = new Set<string>();
  let loss = 0;
  let provenance: Provenance | undefined;
  for (const { input, ...pass } of passes) {
    const run = await session.backward(input, { ...pass, ...(signal && { signal }) });
    loss += run.loss;
    provenance = run.provenance;
    for (const { module, tensor, name } of named) {
      const found = run.trained[module]?.[tensor];
      if (found === undefined) continue;
      reached.add(name);
      const sum = gradients.get(name)!;
      found.data.forEach((x, i) => (sum[i]! += x));
    }
  }
  const idle = named.find(({ name }) => !reached.has(name));
  if (idle !== undefined) throw new Error(`"${idle.name}" takes part in no pass of step ${step}`);
  return { loss, gradients, provenance: provenance! };
}
