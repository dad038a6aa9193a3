import type ts from "typescript";

/** The compiler as a value: it takes 0.3 s to load, so modules are handed it instead of importing it. */
export type TypeScript = typeof ts;

/** Loads the compiler on first use. */
export async function loadTypescript(): Promise<TypeScript> {
  return (await import("typescript")).default;
}
