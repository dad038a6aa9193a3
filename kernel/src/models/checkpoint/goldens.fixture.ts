import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StoredTensor } from "./checkpoint.js";

/** Folder of what PyTorch and transformers made. */
export const goldens = fileURLToPath(new URL("../../../../test/goldens/", import.meta.url));

/** What PyTorch says of a tensor that it saved: hashes of its bytes, and of its values as float32. */
export interface Described {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sha256: string;
  readonly float32?: string;
}

export interface PytorchGolden {
  readonly files: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly halves: Readonly<Record<"f16" | "bf16", string>>;
}

export const pytorchGolden = JSON.parse(
  readFileSync(join(goldens, "pytorch", "expected.json"), "utf8"),
) as PytorchGolden;

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A located tensor, described from the bytes in the file that it points to. */
export function describeStored({ dtype, shape, file, offset, bytes }: StoredTensor): Described {
  return { dtype, shape, sha256: sha256(readFileSync(file).subarray(offset, offset + bytes)) };
}
