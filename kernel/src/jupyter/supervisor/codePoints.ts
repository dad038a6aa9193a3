/** UTF-16 offset of a position counted in code points, as Jupyter counts since 5.2. Throws when it lies behind the end. */
export function utf16Offset(text: string, codePoints: number): number {
  let offset = 0;
  for (let left = codePoints; left > 0; left--) {
    const point = text.codePointAt(offset);
    if (point === undefined)
      throw new RangeError(`cursor_pos ${codePoints} lies behind the end of ${[...text].length} code points`);
    offset += point > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Code points before a UTF-16 offset. */
export function codePointOffset(text: string, offset: number): number {
  return [...text.slice(0, offset)].length;
}
