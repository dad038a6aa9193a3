import { crc32, deflateSync } from "node:zlib";
import type { Rgb } from "../payload/ramp.js";

function chunk(type: string, body: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const out = Buffer.alloc(typed.length + 8);
  out.writeUInt32BE(body.length, 0);
  typed.copy(out, 4);
  out.writeUInt32BE(crc32(typed) >>> 0, typed.length + 4);
  return out;
}

/**
 * An indexed PNG (ISO/IEC 15948): one palette index a pixel, row-major, at most 256 colours.
 * Throws when the pixels do not fill the size or the palette is too long.
 */
export function writePng(width: number, height: number, pixels: Uint8Array, palette: readonly Rgb[]): Buffer {
  if (pixels.length !== width * height)
    throw new RangeError(`${pixels.length} pixels do not fill ${width} × ${height}`);
  if (palette.length > 256) throw new RangeError(`${palette.length} colours, an indexed PNG holds 256`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  // Every scan line starts with its filter; 0 (none) is best for indices.
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flat())),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ]);
}
