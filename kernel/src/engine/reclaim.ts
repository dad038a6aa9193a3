import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options?: { readonly type: "minor" }) => void;

let collect: Collect | undefined;
/** Bytes of tensors that were held after the last collection, and after the last of everything. */
let heldLately = 0;
let held = 0;
/** Tensors of this many bytes may wait for the next collection, which takes half a millisecond. */
const little = 2 ** 22;
/** Tensors of this many bytes may wait for the next full collection, which costs ten milliseconds. */
const patience = 2 ** 26;

const tensorBytes = () => getHeapStatistics().external_memory;

/**
 * Give the memory of a step's tensors back to onnxruntime before the next step. Each fetched tensor holds a piece of
 * its arena until JavaScript collects it; left to itself that is so late that the arena grows to several times the
 * model, and every step pays for fresh pages. A step's tensors are young, and collecting those takes a millisecond.
 */
export function reclaim(): void {
  if (tensorBytes() < heldLately + little) return;
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as Collect;
  }
  collect({ type: "minor" });
  heldLately = tensorBytes();
  if (heldLately < held + patience) return;
  collect();
  held = heldLately = tensorBytes();
}
