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

export function printLasting(name: string): string {
  return `lasting hook "${name}"`;
}
