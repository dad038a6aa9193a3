/** Lines shown before and after the one that is meant. */
const around = 2;

/** The lines about a position (one-based), numbered, with a mark under the column. */
export function excerpt(text: string, line: number, column: number): string {
  const lines = text.split("\n");
  const first = Math.max(1, line - around);
  const last = Math.min(lines.length, line + around);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const meant = number === line;
    shown.push(`${meant ? ">" : " "} ${String(number).padStart(width)} | ${lines[number - 1]}`.trimEnd());
    if (meant) shown.push(`  ${" ".repeat(width)} | ${" ".repeat(column - 1)}^`);
  }
  return shown.join("\n");
}
