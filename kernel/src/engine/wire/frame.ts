/** One message on a socket: u32 header length, u32 body length (little endian), JSON header, raw body. */
export interface Frame {
  readonly header: unknown;
  readonly body: Uint8Array;
}

/** A header is text about data, never data. */
export const maximumHeader = 64 * 2 ** 20;
/** Bodies carry only the buffers of socket collectives; other tensors travel by parcel. */
export const maximumBody = 2 ** 30;

/** The chunks to write to a socket for one message. */
export function encodeFrame(header: unknown, body: Uint8Array = new Uint8Array(0)): Buffer[] {
  const text = JSON.stringify(header);
  const length = Buffer.byteLength(text);
  if (length > maximumHeader) throw new Error(`message header of ${length} bytes: at most ${maximumHeader}`);
  if (body.length > maximumBody)
    throw new Error(`message body of ${body.length} bytes: at most ${maximumBody}`);
  const front = Buffer.allocUnsafe(8 + length);
  front.writeUInt32LE(length, 0);
  front.writeUInt32LE(body.length, 4);
  front.write(text, 8);
  return body.length === 0 ? [front] : [front, Buffer.from(body.buffer, body.byteOffset, body.byteLength)];
}

/** Cuts a byte stream into frames, whatever the sizes of the chunks it arrives in. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Takes the next chunk; returns the frames that it completes. Throws on a malformed or oversized frame. */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Throws if the stream ended in the middle of a frame. */
  end(): void {
    if (this.#length > 0)
      throw new Error(`connection closed in the middle of a message, after ${this.#length} bytes`);
  }

  #next(): Frame | undefined {
    if (this.#length < 8) return undefined;
    const lengths = this.#peek(8);
    const header = lengths.readUInt32LE(0);
    const body = lengths.readUInt32LE(4);
    if (header > maximumHeader)
      throw new Error(`message header of ${header} bytes: at most ${maximumHeader}`);
    if (body > maximumBody) throw new Error(`message body of ${body} bytes: at most ${maximumBody}`);
    if (this.#length < 8 + header + body) return undefined;
    const whole = this.#take(8 + header + body);
    const text = whole.toString("utf8", 8, 8 + header);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new Error(`message header is not JSON: ${JSON.stringify(text.slice(0, 60))}`);
    }
    return { header: parsed, body: whole.subarray(8 + header) };
  }

  /** The first bytes, gathered into one buffer without being consumed. */
  #peek(bytes: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= bytes)
      return Buffer.from(first.buffer, first.byteOffset, bytes);
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all.subarray(0, bytes);
  }

  #take(bytes: number): Buffer {
    const all =
      this.#chunks.length === 1 ? asBuffer(this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks);
    this.#length -= bytes;
    this.#chunks = this.#length > 0 ? [all.subarray(bytes)] : [];
    return all.subarray(0, bytes);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
