import { expect, test } from "vitest";
import { diverging, ramp } from "./ramp.js";
import type { Rgb } from "./ramp.js";

/** CIE lightness L*, 0…100, of an sRGB colour: a different measure than the one the ramp is made with. */
function lightness([r, g, b]: Rgb): number {
  const [x, y, z] = [r, g, b].map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * x + 0.7152 * y + 0.0722 * z;
  return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
}

test.each([
  ["dark", 1],
  ["light", -1],
] as const)(
  "the %s ramp is monotonous and even in lightness, so it reads without colour",
  (theme, direction) => {
    const steps = ramp(theme, 33).map(lightness);
    const differences = steps.slice(1).map((value, i) => direction * (value - steps[i]!));
    const mean = differences.reduce((a, b) => a + b) / differences.length;
    expect(mean).toBeGreaterThan(1.8);
    for (const difference of differences) {
      expect(difference).toBeGreaterThan(mean * 0.5);
      expect(difference).toBeLessThan(mean * 1.6);
    }
  },
);

test.each([
  ["dark", 1],
  ["light", -1],
] as const)(
  "the %s diverging ramp is as far from its middle on both sides, which tell signs apart",
  (theme, direction) => {
    const colours = diverging(theme, 33);
    const steps = colours.map(lightness);
    for (let i = 1; i <= 16; i++) {
      for (const side of [-1, 1])
        expect(direction * (steps[16 + side * i]! - steps[16 + side * (i - 1)]!)).toBeGreaterThan(1);
      expect(Math.abs(steps[16 + i]! - steps[16 - i]!)).toBeLessThan(8);
    }
    // Blue is below and red above, wherever it is not nearly the middle.
    for (let i = 4; i <= 16; i++) {
      expect(colours[16 - i]![2]).toBeGreaterThan(colours[16 - i]![0] + 20);
      expect(colours[16 + i]![0]).toBeGreaterThan(colours[16 + i]![2] + 20);
    }
  },
);
