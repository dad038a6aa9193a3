import picomatch from "picomatch";
import type { HookPoint } from "../graph/point.js";

/** Layers in a glob: `4-8` between dots, `{4..8}`, `{0,5}`, `{0,4-8}`. */
const numbers = /(?<=^|\.)\d+-\d+(?=\.|$)|\{\d+(?:-\d+|\.\.\d+)?(?:\s*,\s*\d+(?:-\d+)?)*\}/g;

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

/**
 * Throws one line when a glob that chooses some names lists numbers, such as layers, of which one chooses none: what is
 * beyond the model would be left out in silence.
 *
 * @param names all that there are
 */
export function checkNumbers(glob: string, names: readonly string[]): void {
  const listed = [...glob.matchAll(numbers)];
  if (listed.length === 0) return;
  const chosen = names.filter(globMatcher(glob));
  for (const { 0: text, index } of listed) {
    const isAny = (number: string, among: readonly string[]) =>
      among.some(globMatcher(glob.slice(0, index) + number + glob.slice(index + text.length)));
    const wanted = listOf(glob, text);
    const missing = wanted.find((number) => !isAny(number, chosen));
    if (missing === undefined) continue;
    const most = Math.max(...wanted.filter((number) => isAny(number, chosen)).map(Number));
    const found: number[] = [];
    for (let n = 0; n <= most || found.at(-1) === n - 1; n++) if (isAny(`${n}`, names)) found.push(n);
    throw new Error(
      `selector "${glob}": of ${text} there is no ${missing}: there are ${printNumbers(found)}`,
    );
  }
}

/** `0 to 2`, or `0, 2` where some between are none. */
function printNumbers(found: readonly number[]): string {
  const isRange = found.length > 2 && found.at(-1)! - found[0]! === found.length - 1;
  return isRange ? `${found[0]} to ${found.at(-1)}` : found.join(", ");
}

/** `layers.4-8.x` → `layers.@(4|5|6|7|8).x` */
function expandRanges(glob: string): string {
  return glob.replace(numbers, (text) => `@(${listOf(glob, text).join("|")})`);
}

/** `{0,4-8}` → 0, 4, 5, 6, 7, 8 */
function listOf(glob: string, text: string): string[] {
  return text.split(",").flatMap((part) => {
    const [from, to = from] = part.match(/\d+/g)!.map(Number) as [number, number?];
    if (to < from) throw new Error(`selector "${glob}": layers ${from}-${to} are none`);
    return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`);
  });
}
