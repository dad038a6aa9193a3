import { randomUUID } from "node:crypto";
import { packageVersion } from "../packageVersion.js";
import { displaySink } from "./host.js";

/** tslab's display functions, on this kernel's own display layer. With an `id`, each call replaces the one before. */
function displayOf(id?: string) {
  let shown = false;
  const raw = (type: string, value: string | Uint8Array): void => {
    displaySink.display({ data: { [type]: value }, metadata: {} }, { id, update: shown });
    shown = id !== undefined;
  };
  const of =
    <T extends string | Uint8Array>(type: string) =>
    (value: T): void =>
      raw(type, value);
  return {
    javascript: of<string>("text/javascript"),
    html: of<string>("text/html"),
    markdown: of<string>("text/markdown"),
    latex: of<string>("text/latex"),
    svg: of<string>("image/svg+xml"),
    text: of<string>("text/plain"),
    png: of<Uint8Array>("image/png"),
    jpeg: of<Uint8Array>("image/jpeg"),
    gif: of<Uint8Array>("image/gif"),
    pdf: of<Uint8Array>("application/pdf"),
    raw,
  };
}

const api = {
  display: displayOf(),
  newDisplay: () => displayOf(randomUUID()),
  get versions() {
    return {
      tslab: packageVersion("tslab/package.json"),
      typescript: packageVersion("typescript/package.json"),
      node: process.version,
    };
  },
};

/** The module that `import * as tslab from "tslab"` gives in a cell: tslab's public interface, none of its code. */
export const tslab = Object.assign(Object.create(null, { [Symbol.toStringTag]: { value: "Module" } }), {
  default: api,
  display: api.display,
  newDisplay: api.newDisplay,
  versions: api.versions,
}) as typeof api & { default: typeof api };
