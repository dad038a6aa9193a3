import type { Rgb, Theme } from "./ramp.js";

/** Of Okabe and Ito (2008), in an order in which neighbours differ also in lightness; told apart by most who are colour-blind. */
const light: readonly Rgb[] = [
  [0, 90, 150],
  [196, 78, 0],
  [0, 128, 92],
  [170, 66, 130],
  [70, 70, 78],
  [44, 142, 196],
  [150, 110, 0],
];

const dark: readonly Rgb[] = [
  [86, 180, 233],
  [240, 150, 60],
  [40, 190, 145],
  [220, 140, 190],
  [200, 200, 208],
  [110, 140, 240],
  [235, 220, 90],
];

/** Colours of lines and bars; after seven they come again, then told apart by their names alone. */
export function seriesColour(theme: Theme, index: number): Rgb {
  const colours = theme === "dark" ? dark : light;
  return colours[index % colours.length]!;
}
