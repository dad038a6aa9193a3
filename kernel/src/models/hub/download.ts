import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { oneLine } from "../checkpoint/oneLine.js";
import { UnreachableError, type Server } from "./hub.js";
import { PartialBlob } from "./partial.js";

/** One file to download. */
export interface Download {
  readonly url: string;
  /** What errors call it. */
  readonly label: string;
  /** Where its contents go. */
  readonly blob: string;
  readonly bytes: number;
  /** Hex sha256 of the contents, or git's id (sha1) of files that git holds itself. */
  readonly digest: string;
  /** Who says its length and digest, as errors call it. */
  readonly source: string;
  /** Whether the part that came before a failure is kept for another try; else nothing is left. */
  readonly resumes: boolean;
}

/** How often a connection may fail in a row without a byte that had not come before. */
const patience = 4;
const firstPause = 250;

/**
 * Download one file into its blob, going on where an earlier attempt stopped; a broken connection is resumed. `moved`
 * is told every change of the number of bytes there are. The contents must have the digest that was given.
 *
 * Throws one line when that fails; `refused` words an answer that is no content.
 */
export async function download(
  server: Server,
  file: Download,
  moved: (bytes: number) => void,
  refused: (status: number) => string,
): Promise<void> {
  await mkdir(dirname(file.blob), { recursive: true });
  const partial = await PartialBlob.claim(file.blob);
  let whole = false;
  try {
    const handle = await open(partial.path, "a+").then(async (made) => {
      await made.close();
      return open(partial.path, "r+");
    });
    try {
      await fill(server, file, handle, moved, refused);
    } finally {
      await handle.close();
    }
    const digest = await digestOf(partial.path, file);
    if (digest !== file.digest) {
      await partial.discard();
      throw new Error(
        `${file.label} came with digest ${digest}, and ${file.source} says ${file.digest}: it was discarded`,
      );
    }
    await partial.finish();
    whole = true;
  } finally {
    if (!whole) await (file.resumes ? partial.release() : partial.discard());
  }
}

async function fill(
  server: Server,
  file: Download,
  handle: FileHandle,
  moved: (bytes: number) => void,
  refused: (status: number) => string,
): Promise<void> {
  let at = (await handle.stat()).size;
  // More than the whole is from no honest download of this content.
  if (at > file.bytes) at = 0;
  moved(at);
  let furthest = at;
  for (let failures = 0; at < file.bytes;) {
    let why: string;
    try {
      at = await receive(server, file, handle, at, (now) => moved((at = now)), refused);
      why = `it ended after ${at} of ${file.bytes} bytes`;
    } catch (error) {
      if (!(error instanceof Broken) && !(error instanceof UnreachableError)) throw error;
      why = error.message;
    }
    failures = at > furthest ? 0 : failures + 1;
    furthest = Math.max(at, furthest);
    if (failures >= patience) {
      throw new Error(
        `${file.label} stopped at ${at} of ${file.bytes} bytes (${why}): ${file.resumes ? "what came is kept for another try" : "nothing of it is kept"}`,
      );
    }
    if (failures > 0) {
      const options = server.signal === undefined ? {} : { signal: server.signal };
      await pause(firstPause * 2 ** (failures - 1), undefined, options).catch(() =>
        server.signal?.throwIfAborted(),
      );
    }
  }
  await handle.truncate(file.bytes);
}

/** The connection failed while the contents came. */
class Broken extends Error {}

/** Write what one request brings from byte `at`; the number of bytes there are afterwards. */
async function receive(
  server: Server,
  file: Download,
  handle: FileHandle,
  at: number,
  moved: (bytes: number) => void,
  refused: (status: number) => string,
): Promise<number> {
  const answer = await server.fetch(file.url, {
    // A compressed answer could not be resumed at a byte of the file.
    headers: { "accept-encoding": "identity", ...(at > 0 && { range: `bytes=${at}-` }) },
  });
  if (answer.status === 416 && at > 0) {
    // It does not go on from there, but may give the whole.
    await answer.body?.cancel();
    moved(0);
    return receive(server, file, handle, 0, moved, refused);
  }
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    // Large files of the hub lie in a store that it sends us to, with an address that is good for a while.
    const { origin, host } = new URL(answer.url);
    const elsewhere = origin !== new URL(server.endpoint).origin;
    if (elsewhere || answer.status >= 500 || answer.status === 429) {
      throw new Broken(`${host} answers ${answer.status}`);
    }
    throw new Error(refused(answer.status));
  }
  if (answer.status === 206) {
    const range = answer.headers.get("content-range");
    if (range !== `bytes ${at}-${file.bytes - 1}/${file.bytes}`) {
      await answer.body.cancel();
      throw new Error(`${file.label}: asked for bytes ${at}–${file.bytes - 1}, the answer is "${range}"`);
    }
  } else {
    // A server that knows no ranges sends everything again.
    at = 0;
    moved(at);
  }
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      server.signal?.throwIfAborted();
      throw new Broken(oneLine(error instanceof Error && error.cause ? error.cause : error));
    });
    if (done) return at;
    if (at + value.length > file.bytes) {
      await reader.cancel();
      throw new Error(`${file.label} is longer than the ${file.bytes} bytes that ${file.source} says`);
    }
    for (let written = 0; written < value.length;) {
      written += (await handle.write(value, written, value.length - written, at + written)).bytesWritten;
    }
    moved((at += value.length));
  }
}

/** As git names a blob, where git's id was given; else the sha256 of the contents. */
async function digestOf(path: string, { bytes, digest }: Download): Promise<string> {
  const hash = digest.length === 40 ? createHash("sha1").update(`blob ${bytes}\0`) : createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
