/** What went wrong, as part of a one-line message: libraries quote files with their line breaks and what steers a terminal. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

/** A name from a file, quoted so that nothing in it can break the line. */
export const quoted = (name: string): string => JSON.stringify(name);
