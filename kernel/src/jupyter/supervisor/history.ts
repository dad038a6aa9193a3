import type { ContentOf } from "./request.js";

interface Line {
  readonly line: number;
  readonly input: string;
  output: string | null;
}

type Row = [session: number, line: number, input: string | [input: string, output: string | null]];

/** Number of the one session that this history knows: the running one. Clients may also call it 0. */
const session = 1;

/** SQLite's GLOB, as IPython's history search uses: `*` any run, `?` any one character, all else literal. */
function globPattern(glob: string): RegExp {
  const literal = glob.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", "[^]*").replaceAll("?", "[^]")}$`, "u");
}

/** Inputs and text results of the running kernel, in memory. */
export class History {
  readonly #lines: Line[] = [];

  add(line: number, input: string): void {
    this.#lines.push({ line, input, output: null });
  }

  /** The text of a line's result, once it is known. */
  setOutput(line: number, output: string): void {
    const found = this.#lines.findLast((entry) => entry.line === line);
    if (found) found.output = output;
  }

  /** Rows of a `history_request`, oldest first. */
  rows(request: ContentOf<"history_request">): Row[] {
    return this.#select(request).map(({ line, input, output }) => [
      request.hist_access_type === "range" ? request.session : session,
      line,
      request.output ? [input, output] : input,
    ]);
  }

  #select(request: ContentOf<"history_request">): Line[] {
    const count = request.n ?? Infinity;
    if (request.hist_access_type === "range") {
      if (request.session !== 0 && request.session !== session) return [];
      const start = request.start ?? 1;
      const stop = request.stop ?? Infinity;
      return this.#lines.filter(({ line }) => line >= start && line < stop);
    }
    let found = this.#lines;
    if (request.hist_access_type === "search") {
      const pattern = globPattern(request.pattern ?? "*");
      found = found.filter(({ input }) => pattern.test(input));
      if (request.unique) found = [...new Map(found.map((entry) => [entry.input, entry])).values()];
    }
    return found.slice(Math.max(0, found.length - count));
  }
}
