import picomatch from "picomatch";
import type { HookPoint } from "../graph/point.js";

/** Whether a name is one that a glob of `select`'s grammar chooses. Throws one line for a glob of what it does not choose. */
export function globMatcher(glob: string): (name: string) => boolean {
  if (glob.startsWith("!"))
    throw new Error(`"${glob}": what is left out cannot be said by "!": name what is chosen`);
  const matches = picomatch(expandRanges(glob), { dot: true });
  return (name) => matches(name);
}

/** The points of which a glob chooses a name or an alias. */
export function chosenBy(glob: string, points: readonly HookPoint[]): HookPoint[] {
  const matches = globMatcher(glob);
  return points.filter((point) => namesOf(point).some(matches));
}

/** What a point is called. */
export function namesOf({ name, aliases }: HookPoint): string[] {
  return [name, ...aliases];
}

/** `layers.4-8.x` → `layers.@(4|5|6|7|8).x` */
function expandRanges(glob: string): string {
  return glob.replace(/(?<=^|\.)(\d+)-(\d+)(?=\.|$)/g, (_, from: string, to: string) => {
    const count = Number(to) - Number(from) + 1;
    if (count < 1) throw new Error(`selector "${glob}": layers ${from}-${to} are none`);
    return `@(${Array.from({ length: count }, (_, i) => Number(from) + i).join("|")})`;
  });
}
