import type { CompiledCell } from "./protocol.js";

const spaceOrComment = /\s+|\/\/[^\n\r\u2028\u2029]*|\/\*(?:[^*]|\*(?!\/))*\*\//y;

/** Whether a cell holds nothing but white space and comments, so that no compiler is needed. */
export function isBlank(source: string): boolean {
  // Piece by piece: one expression for the whole would try every way to split the comments.
  let at = 0;
  while (at < source.length) {
    spaceOrComment.lastIndex = at;
    if (!spaceOrComment.test(source)) return false;
    at = spaceOrComment.lastIndex;
  }
  return true;
}

/** The cell that does nothing. */
export function blankCell(file: string): CompiledCell {
  return {
    declares: [],
    code: "(function () {})",
    isAsync: false,
    hasResult: false,
    sourceMap: JSON.stringify({ version: 3, file, sources: [file], names: [], mappings: "" }),
    file,
  };
}
