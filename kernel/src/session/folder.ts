import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { Quantisation, QuantisedFile } from "../models/quantise/quantised.js";

/** Longest path of a unix socket, with its final zero, on Linux and macOS. */
const longestSocketPath = process.platform === "linux" ? 108 : 104;

/** Where a session keeps its socket, its token and its log. */
export interface SessionFolder {
  readonly path: string;
  readonly socket: string;
  /** 0600: whoever can read it may speak to the broker. */
  readonly token: string;
  /** What the broker is to open; written by whoever opens the session. */
  readonly order: string;
  /** Written by the broker once it listens. */
  readonly broker: string;
  readonly log: string;
}

/**
 * Folder of all sessions of this user, `VITRAIL_RUNTIME_DIR` or one in the system's place for such things. Not made. Throws one
 * line for a path that is not absolute, which would be another folder for the broker, and in another notebook.
 */
export function runtimeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment["VITRAIL_RUNTIME_DIR"];
  if (given && !isAbsolute(given))
    throw new Error(`VITRAIL_RUNTIME_DIR "${given}" is not an absolute path: ${resolve(given)} would be one`);
  if (given) return given;
  return join(environment["XDG_RUNTIME_DIR"] || tmpdir(), `vitrail-${userInfo().uid}`);
}

/** Throws one line unless the name can be a folder and leaves room for a socket's path. */
export function sessionFolder(name: string): SessionFolder {
  if (typeof name !== "string" || !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const given = typeof name === "string" ? JSON.stringify(name) : `is ${typeof name}`;
    throw new Error(
      `session name ${given}: use a text of 1 to 64 letters, digits, dots, dashes and underscores that does not begin ` +
        `with a dot or a dash`,
    );
  }
  const path = join(runtimeFolder(), name);
  const socket = join(path, "socket");
  // The workers' socket has the longer name of the two.
  const length = Buffer.byteLength(join(path, "workers")) + 1;
  if (length > longestSocketPath)
    throw new Error(
      `socket path ${socket} is too long by ${length - longestSocketPath}: set VITRAIL_RUNTIME_DIR to a shorter folder`,
    );
  const file = (each: string) => join(path, each);
  return {
    path,
    socket,
    token: file("token"),
    order: file("session.json"),
    broker: file("broker.json"),
    log: file("log"),
  };
}

/** Where a session's quantised weights lie, once its folder is there; they go with it. */
export function quantisedFile({ path }: SessionFolder, rule: Quantisation): QuantisedFile {
  return { rule, file: join(realpathSync(path), rule) };
}

/** A session name made from a model's folder or hub id: `facebook/opt-125m` → `opt-125m`. */
export function nameFor(model: string): string {
  const plain = basename(resolve(model))
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9_]+/, "");
  if (plain.length <= 40) return plain === "" ? "session" : plain;
  return `${plain.slice(0, 32)}-${createHash("sha256").update(plain).digest("hex").slice(0, 7)}`;
}

/**
 * Makes the folder, private, with what the broker is to open; undefined when the folder is already there. Throws one line, and
 * leaves nothing, when it cannot be written, or when the folder above belongs to somebody else.
 */
export function claim(name: string, order: string): SessionFolder | undefined {
  const folder = sessionFolder(name);
  const above = runtimeFolder();
  const cannot = (error: unknown) =>
    new Error(
      `no session can be kept in ${above} (${(error as Error).message}): make room there, or set VITRAIL_RUNTIME_DIR ` +
        `to a folder that can be written`,
      { cause: error },
    );
  checkPrivate();
  try {
    mkdirSync(above, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw cannot(error);
  }
  checkPrivate();
  try {
    mkdirSync(folder.path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw cannot(error);
    if (lstatSync(folder.path, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new Error(`${folder.path} is no folder: remove it, or open under another name`, { cause: error });
    return undefined;
  }
  try {
    writePrivately(folder.order, order);
  } catch (error) {
    removeFolder(name);
    throw cannot(error);
  }
  return folder;
}

/**
 * Throws one line when somebody else could have made, or could enter, the folder of all sessions: whoever listens
 * there would be believed. Nothing to check where there is none.
 */
export function checkPrivate(): void {
  const above = runtimeFolder();
  if (!existsSync(above)) return;
  const { uid, mode } = statSync(above);
  const own = userInfo().uid;
  if (uid !== own || lstatSync(above).uid !== own || (mode & 0o077) !== 0)
    throw new Error(`${above} is not private: it must belong to you, with mode 0700`);
}

/** Names that have a folder, alive or not. */
export function folderNames(): string[] {
  const above = runtimeFolder();
  return existsSync(above)
    ? readdirSync(above, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
        .map(({ name }) => name)
        .sort()
    : [];
}

/** Removes the folder of a session that is gone; renames it first, so that nobody can find it half-removed. */
export function removeFolder(name: string): void {
  const { path } = sessionFolder(name);
  const aside = join(runtimeFolder(), `.${name}-${process.pid}-${Date.now()}`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

const brokerFile = z.object({ pid: z.number().int() });

/** Writes a private file in one piece: a reader sees it whole or not at all. */
export function writePrivately(path: string, text: string): void {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600, flag: "wx" });
  renameSync(aside, path);
}

/** Text of a file; undefined where there is none, which a process that may open no more files cannot know. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Process of the broker: its id, `undefined` when it does not listen yet. */
export function brokerPid(folder: SessionFolder): number | undefined {
  const text = readIfThere(folder.broker);
  if (text === undefined) return undefined;
  try {
    return brokerFile.parse(JSON.parse(text)).pid;
  } catch {
    return undefined;
  }
}

/** A folder whose broker never listened: given up once it is this old, in milliseconds. */
const longestStart = 60_000;

/** Whether a folder's broker never listened and never will. One that listens as of now has written who it is, and lives. */
export function isGivenUp(folder: SessionFolder): boolean {
  try {
    // Where the clock was set back since, it is not from now on that the folder is as old as that.
    const isOld = Math.abs(Date.now() - statSync(folder.path).mtimeMs) >= longestStart;
    return isOld && !existsSync(folder.broker);
  } catch {
    // It is gone: nothing is left to give up.
    return false;
  }
}
