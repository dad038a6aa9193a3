type TopLevel =
  "application" | "audio" | "font" | "image" | "message" | "model" | "multipart" | "text" | "video";

/** The name of a MIME type, such as `text/html`. */
export type MimeType = `${TopLevel}/${string}`;

/** One thing in several MIME types: text, bytes (`Uint8Array`), or what JSON can hold. */
export type MimeData = Readonly<Record<MimeType, unknown>>;

/** MIME data, and metadata by MIME type. */
export interface MimeBundle {
  readonly data: MimeData;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The registered top-level types and the names that RFC 6838 (4.2) allows, so that paths such as `src/main` are none. */
const mimeType =
  /^(?:application|audio|font|image|message|model|multipart|text|video)\/[A-Za-z0-9][\w!#$&^.+-]*$/;

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether it is a plain object with at least one key, whose keys are all MIME types. */
export function isMimeData(value: unknown): value is MimeData {
  if (!isPlain(value)) return false;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([key, held]) => mimeType.test(key) && held !== undefined);
}

/** Whether it is `{ data, metadata }` or `{ data }` and nothing else, with MIME data. */
export function isMimeBundle(value: unknown): value is MimeBundle {
  return (
    isPlain(value) &&
    Object.keys(value).every((key) => key === "data" || key === "metadata") &&
    isMimeData(value["data"]) &&
    (value["metadata"] === undefined || isPlain(value["metadata"]))
  );
}
