import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { address, readConnection } from "./connection.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-connection-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ports = { shell_port: 1, control_port: 2, iopub_port: 3, stdin_port: 4, hb_port: 5 };
const whole = { transport: "tcp", ip: "127.0.0.1", key: "k", signature_scheme: "hmac-sha256", ...ports };

function read(content: unknown) {
  const file = join(folder, "connection.json");
  writeFileSync(file, JSON.stringify(content));
  return readConnection(file);
}

test("addresses are those the client connects to", () => {
  expect(address(read(whole), "iopub")).toBe("tcp://127.0.0.1:3");
  expect(address(read({ ...whole, transport: "ipc", ip: "/tmp/k" }), "hb")).toBe("ipc:///tmp/k-5");
});

test("a wrong file is refused with the field that is wrong", () => {
  expect(() => read({ ...whole, iopub_port: 70_000 })).toThrow(/connection.json: iopub_port: /);
  expect(() => read({ ...whole, signature_scheme: "hmac-md5" })).toThrow(/signature_scheme/);
  expect(() => readConnection(join(folder, "none.json"))).toThrow(/none.json cannot be read: ENOENT/);
});
