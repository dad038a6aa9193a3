import type { Filling, Recipe } from "./expand.js";

/** The control group: it names nobody, so that it is no group among others. */
export const unmarkedGroup = "unmarked";

/**
 * The recipe with a control group "unmarked": the same sentences without a term, such as "a person" beside "an old
 * person". Naming a group that usually goes unnamed is itself a mark, which a gap between named groups does not show.
 * Slots that a term fills alone have no unmarked sentence. Gaps, spans and pairs leave the control out unless it is kept by
 * name.
 */
export function withUnmarked(recipe: Recipe): Recipe {
  const bare = (filling: Filling): Filling => {
    const rest = filling["adj"]?.replace("{term}", "").trim();
    return rest ? { ...filling, unmarked: rest } : filling;
  };
  return {
    ...recipe,
    terms: [...recipe.terms, { text: "", kind: "unmarked", group: unmarkedGroup }],
    fillings: Object.fromEntries(
      Object.entries(recipe.fillings).map(([slot, passes]) => [slot, passes.map(bare)]),
    ),
  };
}
