import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import { openPromise } from "yauzl";

/**
 * Writes files of a zip archive to where they are wanted, each whole or not at all. Throws one line when the archive does
 * not hold one of them.
 *
 * @param wanted by path to write to, the name in the archive
 */
export async function unpack(archive: string, wanted: ReadonlyMap<string, string>): Promise<void> {
  const held = new Map<string, Buffer>();
  const zip = await openPromise(archive, { autoClose: false });
  try {
    const names = new Set(wanted.values());
    for await (const entry of zip.eachEntry())
      if (names.has(entry.fileName))
        held.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  } finally {
    zip.close();
  }
  for (const name of wanted.values()) if (!held.has(name)) throw new Error(`${archive} holds no ${name}`);
  for (const [path, name] of wanted) {
    const begun = `${path}.${process.pid}.incomplete`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(begun, held.get(name)!);
      await rename(begun, path);
    } finally {
      await rm(begun, { force: true });
    }
  }
}
