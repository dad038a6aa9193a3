import type { Random } from "./sampling.js";

/** Some of a list without replacement, in the order drawn; each choice is equally likely. `count` is at most its length. */
export function drawn<Each>(list: readonly Each[], count: number, random: Random): Each[] {
  const left = [...list];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
