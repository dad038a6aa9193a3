import { SourceMap, findSourceMap, type SourceMapPayload } from "node:module";
import { inspect } from "node:util";
import { excerpt } from "./excerpt.js";
import type { Failure } from "./protocol.js";
import { ownFrames } from "./stackFrames.js";

interface Source {
  readonly text: string;
  readonly map: SourceMap;
}

const places = {
  kernel: new URL("../", import.meta.url).href,
  library: new URL("../../", import.meta.url).href,
};

/** Cells by file name, so that stacks can be told in the user's own lines. */
export class CellTraces {
  readonly #sources = new Map<string, Source>();

  add(file: string, text: string, sourceMap: string): void {
    this.#sources.set(file, { text, map: new SourceMap(JSON.parse(sourceMap) as SourceMapPayload) });
  }

  /**
   * What `error.stack` holds, as `Error.prepareStackTrace` gives it: positions in the cell as written, and the frames that
   * help. It is made there and not where errors are shown, because a cell may catch one and print it.
   */
  stack(error: Error, sites: readonly NodeJS.CallSite[]): string {
    const isUnforeseen = error instanceof TypeError || error instanceof ReferenceError;
    const frames = sites.map((site) => `    at ${this.#asWritten(site)}`);
    return [heading(error), ...ownFrames(frames, places, isUnforeseen)].join("\n");
  }

  /** A thrown value as Jupyter shows it: with an excerpt of the cell where its stack begins. */
  failure(thrown: unknown): Failure {
    const shown = safeInspect(thrown);
    if (!(thrown instanceof Error))
      return { ename: "Uncaught", evalue: shown, traceback: [`Uncaught ${shown}`] };
    const lines = shown.split("\n");
    const firstFrame = lines.findIndex((line) => /^\s+at /.test(line));
    const head = firstFrame < 0 ? lines : lines.slice(0, firstFrame);
    const frames = firstFrame < 0 ? [] : lines.slice(firstFrame);
    return {
      ename: String(thrown.name),
      evalue: String(thrown.message),
      traceback: [head.join("\n"), ...this.#excerpt(frames), ...(frames.length ? [frames.join("\n")] : [])],
    };
  }

  /** Number of the first cell in a thrown error's stack; 0 when there is none. */
  cellOf(thrown: unknown): number {
    const stack = thrown instanceof Error ? String(thrown.stack) : "";
    return Number(/cell-(\d+)\.ts:\d+/.exec(stack)?.[1] ?? 0);
  }

  #excerpt(frames: readonly string[]): string[] {
    for (const frame of frames) {
      const [, file, line, column] = /(cell-\d+\.ts):(\d+):(\d+)/.exec(frame) ?? [];
      const source = file === undefined ? undefined : this.#sources.get(file);
      if (source) return [`${file}:${line}:${column}\n${excerpt(source.text, Number(line), Number(column))}`];
    }
    return [];
  }

  /** A frame with its position before compilation: that of a cell, or of a local TypeScript file. */
  #asWritten(site: NodeJS.CallSite): string {
    const [file, line, column] = [site.getFileName(), site.getLineNumber(), site.getColumnNumber()];
    if (file == null || line == null || column == null) return String(site);
    const map = this.#sources.get(file)?.map ?? findSourceMap(file);
    const entry = map?.findEntry(line - 1, column - 1);
    if (!entry || !("originalLine" in entry)) return String(site);
    const { originalLine, originalColumn } = entry;
    return String(site).replace(
      `${file}:${line}:${column}`,
      `${file}:${originalLine + 1}:${originalColumn + 1}`,
    );
  }
}

/** First line of a stack, which may be of several lines; Node's own errors have their code in it. */
function heading(error: Error): string {
  try {
    const { code } = error as NodeJS.ErrnoException;
    const isNodes = typeof code === "string" && code.startsWith("ERR_");
    return isNodes ? `${error.name} [${code}]: ${error.message}` : Error.prototype.toString.call(error);
  } catch {
    return "Error: an error that cannot be read";
  }
}

/** The inspector runs the user's own code on some values, which may throw. */
function safeInspect(value: unknown): string {
  try {
    return inspect(value, { colors: false });
  } catch (error) {
    return `(a value whose inspection throws ${error instanceof Error ? error.message : String(error)})`;
  }
}
