import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arrive } from "./arrive.js";

let at: string;
beforeAll(() => {
  at = mkdtempSync(join(tmpdir(), "vitrail-arrive-"));
});
afterAll(() => rmSync(at, { recursive: true }));

const ports = { shell_port: 1, control_port: 2, iopub_port: 3, stdin_port: 4, hb_port: 5 };
const asked = (folder: string) => ({ transport: "ipc", ip: join(folder, "socket"), key: "secret", ...ports });
const saying = (text: string) => {
  const input = new PassThrough();
  input.write(text);
  return input;
};

test("what was asked for on the input is served from a folder of this user's alone, for as long as the input is open", async () => {
  const folder = join(at, "private");
  const input = saying(`${JSON.stringify(asked(folder))}\n`);
  const arrival = await arrive(input);
  expect(arrival.connection).toMatchObject(asked(folder));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  let isOver = false;
  void arrival.over.then(() => (isOver = true));
  input.write("\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isOver).toBe(false);
  input.end();
  await arrival.over;
  arrival.leave();
  expect(existsSync(folder)).toBe(false);
});

test("a folder that somebody has made already is not used", async () => {
  const folder = join(at, "theirs");
  mkdirSync(folder);
  await expect(arrive(saying(`${JSON.stringify(asked(folder))}\n`))).rejects.toThrow(
    `folder ${folder} for a kernel's sockets: EEXIST`,
  );
  expect(existsSync(folder)).toBe(true);
});

test.each([
  ["", "standard input ended before it told a connection"],
  ["{\n", "connection on standard input cannot be read: "],
  ["{}\n", "connection on standard input: transport: "],
  [`${JSON.stringify({ ...asked("/nowhere"), transport: "tcp" })}\n`, 'transport "tcp" on standard input: '],
])("%j is refused", async (text, why) => {
  const input = saying(text);
  if (text === "") input.end();
  await expect(arrive(input)).rejects.toThrow(why);
});
