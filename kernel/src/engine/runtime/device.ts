/** A device as the user writes it. WebGPU without a number is the adapter that the system prefers. Throws one line for anything else. */
export function parseDevice(
  device: string,
):
  | { readonly kind: "cpu" }
  | { readonly kind: "webgpu"; readonly index: number | undefined }
  | { readonly kind: "cuda"; readonly index: number } {
  const match = /^(?:cpu|(webgpu|cuda)(?::(\d+))?)$/.exec(device);
  if (match === null) throw new Error(`no device "${device}": devices are cpu, webgpu, webgpu:n and cuda:n`);
  const [, kind, digits] = match;
  if (kind === undefined) return { kind: "cpu" };
  if (kind === "cuda") return { kind, index: Number(digits ?? 0) };
  return { kind: "webgpu", index: digits === undefined ? undefined : Number(digits) };
}
