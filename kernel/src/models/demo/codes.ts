/** A small seeded generator (mulberry32) of uniform numbers in [0, 1); the demo must have equal bytes everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Unit vectors of ±1/√size, as many + as −: nearly orthogonal to each other, and their units sum to zero, so that
 * a layer norm leaves them alone.
 */
export function tokenCodes(count: number, size: number, seed: number): Float64Array[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const signs = Float64Array.from({ length: size }, (_, i) => (i < size / 2 ? 1 : -1) / Math.sqrt(size));
    for (let i = size - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [signs[i], signs[j]] = [signs[j]!, signs[i]!];
    }
    return signs;
  });
}

/** Turning speeds of the position code, radians a token; drawn at random so that no two distances look alike. */
export function turningSpeeds(count: number, seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => Math.PI * random());
}

/** Unit vector (cos, sin, −cos, −sin) for each speed: of zero sum, and a step in position is a rotation. */
export function positionCode(position: number, speeds: readonly number[]): Float64Array {
  const size = 4 * speeds.length;
  const code = new Float64Array(size);
  speeds.forEach((speed, i) => {
    const [c, s] = [Math.cos(speed * position), Math.sin(speed * position)];
    code.set(
      [c, s, -c, -s].map((x) => x / Math.sqrt(2 * speeds.length)),
      4 * i,
    );
  });
  return code;
}

/** The rotation [size, size], row-major, that takes the code of a position to that of `steps` positions earlier. */
export function stepBack(steps: number, speeds: readonly number[]): Float64Array {
  const size = 4 * speeds.length;
  const matrix = new Float64Array(size * size);
  speeds.forEach((speed, i) => {
    const [c, s] = [Math.cos(speed * steps), Math.sin(speed * steps)];
    for (const half of [0, 2]) {
      const at = 4 * i + half;
      matrix[at * size + at] = c;
      matrix[at * size + at + 1] = s;
      matrix[(at + 1) * size + at] = -s;
      matrix[(at + 1) * size + at + 1] = c;
    }
  });
  return matrix;
}
