/** A code cell as it is saved after it ran, with one result. */
export function output(
  source: string,
  bundle: { readonly data: Record<string, unknown>; readonly metadata: Record<string, unknown> },
): object {
  const id = source.replace(/\W+/g, "-").slice(0, 60);
  const result = {
    output_type: "execute_result",
    execution_count: 1,
    data: bundle.data,
    metadata: bundle.metadata,
  };
  return { cell_type: "code", id, metadata: {}, execution_count: 1, source, outputs: [result] };
}

/** The text of a notebook file. It bears no signature, so Jupyter does not trust it. */
export function notebook(cells: readonly object[], kernel = "vitrail"): string {
  const kernelspec = { name: kernel, display_name: "Vitrail", language: "typescript" };
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells });
}
