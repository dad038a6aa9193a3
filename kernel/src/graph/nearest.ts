/**
 * The `count` names closest to `wanted` for errors that offer a valid choice: by edit distance (Levenshtein 1966), in which
 * letters left out weigh little, because names are abbreviated; then by how far numbers in them are apart.
 */
export function nearest(wanted: string, names: Iterable<string>, count = 1): string[] {
  return [...new Set(names)]
    .map((name) => ({ name, distance: editDistance(wanted, name), away: numbersApart(wanted, name) }))
    .sort((a, b) => a.distance - b.distance || a.away - b.away)
    .slice(0, count)
    .map(({ name }) => name);
}

const leftOut = 0.4;

function numbersApart(a: string, b: string): number {
  const [p, q] = [a, b].map((text) => (text.match(/\d+/g) ?? []).map(Number)) as [number[], number[]];
  if (p.length !== q.length) return Infinity;
  return p.reduce((sum, number, i) => sum + Math.abs(number - q[i]!), 0);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => leftOut * j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + leftOut));
    }
    row = next;
  }
  return row[b.length]!;
}
