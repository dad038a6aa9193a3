/** Pixels as a canvas takes them: RGBA, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** A picture of clear pixels. */
export function blank(width: number, height: number): Picture {
  return { width, height, pixels: new Uint8ClampedArray(4 * width * height) };
}

/** Puts a picture on a canvas of its size; without a 2D context (no display) the tables remain. */
export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d")?.putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
}
