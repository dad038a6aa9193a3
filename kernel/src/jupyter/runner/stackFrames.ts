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
 * Of the frames of a stack those that help whoever wrote the cell: none of the kernel's, and of a row of the library's the one
 * that the cell called.
 *
 * @param isUnforeseen of a kind that the library does not throw on purpose: where it comes from there, whoever reports it
 *   needs all frames
 */
export function ownFrames(frames: readonly string[], places: Places, isUnforeseen: boolean): string[] {
  const own = frames.filter((frame) => !frame.includes(places.kernel) && !machinery.test(frame));
  const isLibrary = (frame: string | undefined) => frame?.includes(places.library) === true;
  if ((isUnforeseen && isLibrary(own[0])) || !own.some((frame) => cell.test(frame))) return folded(own);
  return folded(
    own
      .filter((frame, i) => !isLibrary(frame) || !isLibrary(own[i + 1]))
      .map((frame) => (isLibrary(frame) ? frame.replace(/\(?file:[^)\s]*\)?/, "(vitrail)") : frame)),
  );
}

/** A frame that comes again at once, as in a recursion, is told once, with how often. */
function folded(frames: readonly string[]): string[] {
  return frames.flatMap((frame, i) => {
    if (frames[i + 1] === frame) return [];
    let more = 0;
    while (frames[i - 1 - more] === frame) more++;
    return more === 0 ? [frame] : [frame, `    … ${more} more like it`];
  });
}
