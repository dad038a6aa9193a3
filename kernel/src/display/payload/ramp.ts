export type Theme = "light" | "dark";
export type Rgb = readonly [number, number, number];

/** A stop of a ramp in OKLCH: lightness 0…1, chroma, hue in degrees (Ottosson 2020, "A perceptual color space"). */
type Stop = readonly [lightness: number, chroma: number, hue: number];

// On dark paper zero is the darkest and attention glows; on light paper zero is paper and attention is ink.
// Lightness runs evenly in both, so that equal steps of weight look equally large, also without colour.
const stops: Record<Theme, readonly Stop[]> = {
  dark: [
    [0.225, 0.05, 290],
    [0.4, 0.115, 282],
    [0.58, 0.1, 215],
    [0.755, 0.135, 158],
    [0.93, 0.165, 106],
  ],
  light: [
    [0.977, 0.012, 100],
    [0.83, 0.085, 165],
    [0.65, 0.105, 208],
    [0.465, 0.13, 270],
    [0.285, 0.125, 296],
  ],
};

function toRgb(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const byte = (x: number) => {
    const encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, encoded)));
  };
  return [byte(linear[0]!), byte(linear[1]!), byte(linear[2]!)];
}

function colourAt(ramp: readonly Stop[], unit: number): Rgb {
  const at = unit * (ramp.length - 1);
  const i = Math.min(Math.floor(at), ramp.length - 2);
  const [l0, c0, h0] = ramp[i]!;
  const [l1, c1, h1] = ramp[i + 1]!;
  const mix = (from: number, to: number) => from + (to - from) * (at - i);
  return toRgb(mix(l0, l1), mix(c0, c1), mix(h0, h1));
}

/** `count` colours from 0 to 1 of the theme's perceptual ramp, viridis-like; dark rises in lightness, light falls. */
export function ramp(theme: Theme, count = 256): Rgb[] {
  return Array.from({ length: count }, (_, i) => colourAt(stops[theme], i / (count - 1)));
}

// From the middle outwards. Zero is paper in both themes; equal sizes of either sign have equal lightness.
const arms: Record<Theme, { readonly below: readonly Stop[]; readonly above: readonly Stop[] }> = {
  light: {
    below: [
      [0.975, 0.004, 250],
      [0.82, 0.075, 245],
      [0.6, 0.14, 255],
      [0.36, 0.13, 268],
    ],
    above: [
      [0.975, 0.004, 60],
      [0.82, 0.095, 60],
      [0.6, 0.165, 40],
      [0.36, 0.125, 22],
    ],
  },
  dark: {
    below: [
      [0.23, 0.008, 250],
      [0.42, 0.1, 262],
      [0.64, 0.125, 245],
      [0.88, 0.075, 220],
    ],
    above: [
      [0.23, 0.008, 60],
      [0.42, 0.115, 32],
      [0.64, 0.155, 50],
      [0.88, 0.11, 85],
    ],
  },
};

/** `count` colours from −1 to 1, blue below and orange above a neutral middle; an odd count has the middle itself. */
export function diverging(theme: Theme, count = 255): Rgb[] {
  const { below, above } = arms[theme];
  return Array.from({ length: count }, (_, i) => {
    const at = (2 * i) / (count - 1) - 1;
    return colourAt(at < 0 ? below : above, Math.abs(at));
  });
}

/** The colours of a scale: diverging where it has both signs, which are then as far from zero. */
export function rampOf(theme: Theme, scale: { readonly lo: number }, count = 255): Rgb[] {
  return scale.lo < 0 ? diverging(theme, count) : ramp(theme, count);
}

/** What stands for NaN and infinities, which no ramp has. */
export const nonFinite: Readonly<Record<Theme, Rgb>> = { light: [214, 0, 140], dark: [255, 92, 205] };
