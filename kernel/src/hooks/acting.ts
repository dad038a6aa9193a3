import type { GradientEdit } from "./editGradient.js";
import type { Hook } from "./hook.js";

/** A hook as it acts in a run: a lasting one with its name, which the call's own have not. */
export type Acting<Of extends Hook | GradientEdit = Hook> = Of & { readonly lasting?: string };

/** Does something for a hook. Nobody wrote a lasting one in the call, so what is thrown for it begins with its name. */
export function forHook<T>({ lasting }: { readonly lasting?: string | undefined }, act: () => T): T {
  if (lasting === undefined) return act();
  try {
    return act();
  } catch (error) {
    throw new Error(`${printLasting(lasting)}: ${(error as Error).message}`, { cause: error });
  }
}

/** Hooks of a call that returns no captures: lasting ones have nothing to show. Throws one line for one of the call's own. */
export function withoutCaptures(hooks: readonly Acting[], where: string): readonly Acting[] {
  const captures = hooks.filter(({ kind }) => kind === "capture");
  const own = captures.find(({ lasting }) => lasting === undefined);
  if (own !== undefined) throw new Error(`capture "${own.selector}" in ${where}`);
  return hooks.filter((hook) => !captures.includes(hook));
}

export function printLasting(name: string): string {
  return `lasting hook "${name}"`;
}
