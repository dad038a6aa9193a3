import { cellContext, currentCell, endIfInterrupted } from "./context.js";
import { tell } from "./outlet.js";
import type { MimeBundle } from "./protocol.js";
import { jsonBundle } from "./resultBundle.js";

/** What the display layer of the library writes to. */
export interface DisplaySink {
  display(bundle: MimeBundle, options?: { id?: string | undefined; update?: boolean | undefined }): void;
  clear(wait: boolean): void;
}

/** What the library asks of the notebook it runs in. */
export interface NotebookHost {
  /** Aborted when the running cell is interrupted. */
  cellSignal(): AbortSignal | undefined;
  sessionOpened(name: string): void;
  sessionClosed(name: string): void;
}

export const displaySink: DisplaySink = {
  display: (bundle, { id, update = false } = {}) => {
    endIfInterrupted();
    tell({
      kind: "display",
      cell: currentCell(),
      bundle: jsonBundle(bundle),
      ...(id === undefined ? {} : { id }),
      update,
    });
  },
  clear: (wait) => tell({ kind: "clear", cell: currentCell(), wait }),
};

const notebookHost: NotebookHost = {
  cellSignal: () => cellContext.getStore()?.controller.signal,
  sessionOpened: (name) => tell({ kind: "sessionOpened", name }),
  sessionClosed: (name) => tell({ kind: "sessionClosed", name }),
};

/** Makes sink and host known under their global symbols, by which the library finds them without importing the kernel. */
export function installHost(): void {
  Object.assign(globalThis, {
    [Symbol.for("vitrail.display")]: displaySink,
    [Symbol.for("vitrail.host")]: notebookHost,
  });
}
