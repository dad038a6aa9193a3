import { SourceMap, type SourceMapPayload } from "node:module";
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
const position = /(cell-\d+\.ts):(\d+)(?::(\d+))?/g;

/** Cells by file name, so that stacks can be told in the user's own lines. */
export class CellTraces {
  readonly #sources = new Map<string, Source>();

  add(file: string, text: string, sourceMap: string): void {
    this.#sources.set(file, { text, map: new SourceMap(JSON.parse(sourceMap) as SourceMapPayload) });
  }

  /** A thrown value as Jupyter shows it: positions in the cell as written, an excerpt, the frames that help. */
  failure(thrown: unknown): Failure {
    const shown = safeInspect(thrown);
    if (!(thrown instanceof Error))
      return { ename: "Uncaught", evalue: shown, traceback: [`Uncaught ${shown}`] };
    const isUnforeseen = thrown instanceof TypeError || thrown instanceof ReferenceError;
    const lines = ownFrames(shown.split("\n"), places, isUnforeseen).map((line) =>
      this.#inCellCoordinates(line),
    );
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

  #inCellCoordinates(text: string): string {
    return text.replace(position, (whole, file: string, line: string, column = "1") => {
      const entry = this.#sources.get(file)?.map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!entry || !("originalLine" in entry)) return whole;
      return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
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
