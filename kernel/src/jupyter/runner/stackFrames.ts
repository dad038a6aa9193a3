const frame = /^\s+at /;
const machinery = /\(?(?:node:internal\/|node:vm|node:async_hooks|node:events)/;
const cell = /\bcell-\d+\.ts:\d+/;

/** Folders, as URLs, of code that is not the user's. */
export interface Places {
  /** What runs cells, which is never part of what went wrong. */
  readonly kernel: string;
  /** What cells import as `vitrail`. */
  readonly library: string;
}

/**
 * The lines of an inspected error with the frames that help whoever wrote the cell: none of the kernel's, and of a row of the
 * library's the one that the cell called.
 *
 * @param isUnforeseen of a kind that the library does not throw on purpose: where it comes from there, whoever reports it
 *   needs all frames
 */
export function ownFrames(lines: readonly string[], places: Places, isUnforeseen: boolean): string[] {
  const own = without(lines, (line) => line.includes(places.kernel) || machinery.test(line));
  const isLibrary = (line: string | undefined) =>
    line !== undefined && frame.test(line) && line.includes(places.library);
  const isDefect = isUnforeseen && isLibrary(own.find((line) => frame.test(line)));
  if (isDefect || !own.some((line) => frame.test(line) && cell.test(line))) return folded(own);
  const called = new Set(own.filter((line, i) => isLibrary(line) && !isLibrary(own[i + 1])));
  const few = without(own, (line) => isLibrary(line) && !called.has(line));
  return folded(
    few.map((line) => (isLibrary(line) ? line.replace(/\(?file:[^)\s]*\)?/, "(vitrail)") : line)),
  );
}

/** A frame that comes again at once, as in a recursion, is told once, with how often. */
function folded(lines: readonly string[]): string[] {
  return lines.flatMap((line, i) => {
    if (!frame.test(line)) return [line];
    if (lines[i + 1] === line) return [];
    let more = 0;
    while (lines[i - 1 - more] === line) more++;
    return more === 0 ? [line] : [line, `${/^\s+/.exec(line)![0]}… ${more} more like it`];
  });
}

/** The inspector opens the braces of an error's own fields at the end of its last frame, which may be one that goes. */
function without(lines: readonly string[], goes: (line: string) => boolean): string[] {
  const kept: string[] = [];
  for (const line of lines) {
    if (!frame.test(line) || !goes(line)) kept.push(line);
    else if (line.endsWith(" {")) kept.push(`${kept.pop() ?? ""} {`);
  }
  return kept;
}
