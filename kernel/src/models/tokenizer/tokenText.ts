/** How the tokens of a vocabulary spell text. */
export type Spelling = "byteLevel" | "sentencePiece" | "plain";

/**
 * GPT-2's printable alphabet for the 256 bytes: a byte that is a visible Latin-1 character is that character, the
 * others are U+0100 onwards in the order of the bytes.
 */
const byteOf: ReadonlyMap<string, number> = (() => {
  const visible = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  const table = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    table.set(String.fromCodePoint(visible(byte) ? byte : next++), byte);
  }
  return table;
})();

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The whole character at the head of `bytes`, if there is one. */
function character(bytes: Uint8Array): string | undefined {
  for (let length = 1; length <= Math.min(4, bytes.length); length += 1) {
    try {
      return strict.decode(bytes.subarray(0, length));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** UTF-8 as text, in which a byte that belongs to no whole character is written `<0xNN>`. */
export function textOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const whole = character(bytes.subarray(at));
    text += whole ?? `<0x${bytes[at]!.toString(16).toUpperCase().padStart(2, "0")}>`;
    at += whole === undefined ? 1 : Buffer.byteLength(whole);
  }
  return text;
}

/** A token of the vocabulary (not an added one) as the text it stands for. */
export function textOfToken(token: string, spelling: Spelling): string {
  if (spelling === "plain") return token;
  if (spelling === "sentencePiece") {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
    return byte === undefined ? token.replaceAll("▁", " ") : textOfBytes(Uint8Array.of(parseInt(byte, 16)));
  }
  const bytes = Array.from(token, (letter) => byteOf.get(letter));
  // A word put into a byte-level vocabulary by hand is not spelt in bytes.
  if (bytes.includes(undefined)) return token;
  return textOfBytes(Uint8Array.from(bytes as number[]));
}
