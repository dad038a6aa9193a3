/** Those of the start: a cell may put others in their place, and must still end. */
const { parse, stringify } = JSON;

/** One JSON value as a frame: its length in bytes (unsigned 32 bit, little endian), then the text. */
export function frame(value: unknown): Buffer {
  const json = Buffer.from(stringify(value));
  const whole = Buffer.allocUnsafe(4 + json.length);
  whole.writeUInt32LE(json.length, 0);
  json.copy(whole, 4);
  return whole;
}

/** Puts frames together again from the pieces in which a pipe delivers them. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes of the frame being read, header included; undefined while the header is not whole. */
  #wanted: number | undefined;

  /** The values whose last byte has come with this chunk. */
  read(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const values: unknown[] = [];
    while (this.#held >= (this.#wanted ?? 4)) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#wanted ??= 4 + bytes.readUInt32LE(0);
      const whole = bytes.length >= this.#wanted;
      if (whole) values.push(parse(bytes.toString("utf8", 4, this.#wanted)));
      const rest = whole ? bytes.subarray(this.#wanted) : bytes;
      this.#chunks = [rest];
      this.#held = rest.length;
      if (whole) this.#wanted = undefined;
    }
    return values;
  }
}
