import type { Choices } from "../../display/index.js";
import type { Chart } from "../../display/payload/index.js";

/** The charts of each category, chosen by a drop-down where there are several. */
export function viewsOf<Each extends { readonly category: string }>(
  categories: readonly Each[],
  chartsOf: (each: Each) => readonly Chart[],
): Choices {
  const isOne = categories.length === 1;
  return {
    menus: isOne ? [] : [{ name: "category", options: categories.map(({ category }) => category) }],
    views: categories.map((each) => ({ choice: isOne ? [] : [each.category], charts: chartsOf(each) })),
  };
}
