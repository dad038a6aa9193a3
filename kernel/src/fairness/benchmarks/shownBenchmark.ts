import { shownAs, table, type Displayable } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import type { Benchmark } from "./benchmark.js";

/** Items read from a file, which show as a table of how many there are of each kind. Throws one line for none. */
export function shownBenchmark<Item>(
  path: string,
  benchmark: Benchmark<Item>,
  kindOf: (item: Item) => string,
): Benchmark<Item> & Displayable {
  const { items, sha256, leftOut } = benchmark;
  if (items.length === 0 && leftOut === 0) throw new Error(`${path} holds no items`);
  const left = leftOut > 0 ? `, ${leftOut} left out as asked` : "";
  return shownAs(benchmark, () =>
    table(
      [...groupBy(items, kindOf)],
      [
        { title: "kind", value: ([kind]) => kind },
        { title: "items", value: ([, own]) => own.length },
      ],
      `${path}: ${items.length} items${left}; sha256 ${sha256.slice(0, 12)}`,
    ),
  );
}
