/** Offsets in Unicode code points turned into offsets in UTF-16 units, for one text. */
export function utf16Offsets(text: string): (codePoint: number) => number {
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  if (unit === starts.length - 1) return (codePoint) => codePoint;
  return (codePoint) => {
    const start = starts[codePoint];
    if (start === undefined) {
      throw new RangeError(`no code point ${codePoint} in a text of ${starts.length - 1} code points`);
    }
    return start;
  };
}
