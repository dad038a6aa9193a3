/** A place in a grid of rows and columns. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads from a place, staying inside the grid; undefined for keys that do not move. */
export function moved(place: Place, key: string, rows: number, columns: number): Place | undefined {
  const { row, column } = place;
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(rows - 1, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(columns - 1, column + 1) };
    case "Home":
      return { row, column: 0 };
    case "End":
      return { row, column: columns - 1 };
    default:
      return undefined;
  }
}

/** The cell of a `rows × columns` grid under a point, or undefined in a gap or outside. */
export function placeAt(
  x: number,
  y: number,
  side: number,
  step: number,
  rows: number,
  columns: number,
): Place | undefined {
  const [row, column] = [Math.floor(y / step), Math.floor(x / step)];
  const inside = row >= 0 && row < rows && column >= 0 && column < columns;
  return inside && x - column * step < side && y - row * step < side ? { row, column } : undefined;
}
