import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { dictionary } from "./dictionary.js";

/** Messaging specification that this kernel speaks. */
export const protocolVersion = "5.5";

/** Fields that a reply must echo are kept even when this kernel does not know them. */
export const headerSchema = z.looseObject({
  msg_id: z.string(),
  msg_type: z.string(),
  session: z.string(),
  username: z.string().default(""),
  subshell_id: z.string().nullish(),
});

export type Header = z.infer<typeof headerSchema>;

/** A message as it stands in the four JSON frames and the buffers after them. */
export interface Envelope {
  /** Routing prefix of a ROUTER socket, or the topic on iopub. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly parent: Header | Record<string, never>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
  readonly buffers: readonly Uint8Array[];
}

const delimiter = Buffer.from("<IDS|MSG>");

/**
 * Frames of Jupyter messages, signed with HMAC-SHA256 over the four JSON frames only (buffers are never signed).
 * An empty key means unsigned.
 */
export class Wire {
  readonly #key: string;
  readonly #session = randomUUID();

  constructor(key: string) {
    this.#key = key;
  }

  /** A header of a message that this kernel makes. */
  header(type: string): Header {
    return {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.#session,
      username: "kernel",
      date: new Date().toISOString(),
      version: protocolVersion,
    };
  }

  encode(message: Envelope): (Buffer | Uint8Array)[] {
    const json = [message.header, message.parent, message.metadata, message.content].map((part) =>
      Buffer.from(JSON.stringify(part)),
    );
    return [...message.identities, delimiter, Buffer.from(this.#sign(json)), ...json, ...message.buffers];
  }

  /** Throws on missing frames, a wrong signature, or frames that are not JSON objects. */
  decode(frames: readonly Buffer[]): Envelope {
    const at = frames.findIndex((frame) => frame.equals(delimiter));
    if (at < 0) throw new Error(`message of ${frames.length} frames without the delimiter <IDS|MSG>`);
    const [signature, header, parent, metadata, content] = frames.slice(at + 1, at + 6);
    if (!signature || !header || !parent || !metadata || !content)
      throw new Error(`message with ${frames.length - at - 1} frames after the delimiter: it needs 5`);
    const expected = Buffer.from(this.#sign([header, parent, metadata, content]));
    if (this.#key !== "" && (expected.length !== signature.length || !timingSafeEqual(expected, signature)))
      throw new Error("message with a wrong signature");
    return {
      identities: frames.slice(0, at),
      header: headerSchema.parse(JSON.parse(header.toString())),
      parent: headerSchema.or(z.object({}).strict()).parse(JSON.parse(parent.toString())),
      metadata: dictionary.parse(JSON.parse(metadata.toString())),
      content: dictionary.parse(JSON.parse(content.toString())),
      buffers: frames.slice(at + 6),
    };
  }

  #sign(json: readonly Buffer[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac("sha256", this.#key);
    for (const part of json) hmac.update(part);
    return hmac.digest("hex");
  }
}
