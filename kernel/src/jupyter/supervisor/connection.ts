import { readFileSync } from "node:fs";
import { z } from "zod";

const port = z.int().min(1).max(65_535);

/** The file that a Jupyter client writes and passes as the kernel's argument. */
export const connectionSchema = z.object({
  transport: z.enum(["tcp", "ipc"]),
  ip: z.string().min(1),
  shell_port: port,
  control_port: port,
  iopub_port: port,
  stdin_port: port,
  hb_port: port,
  key: z.string(),
  signature_scheme: z.literal("hmac-sha256").default("hmac-sha256"),
});

export type Connection = z.infer<typeof connectionSchema>;

export type Channel = "shell" | "control" | "iopub" | "stdin" | "hb";

/** The address that a channel's socket binds. */
export function address(connection: Connection, channel: Channel): string {
  const { transport, ip } = connection;
  const number = connection[`${channel}_port`];
  return transport === "tcp" ? `tcp://${ip}:${number}` : `ipc://${ip}-${number}`;
}

/** Reads a connection file. Throws one line that names the file and the first wrong field. */
export function readConnection(path: string): Connection {
  try {
    return parseConnection(readFileSync(path, "utf8"), `file ${path}`);
  } catch (error) {
    if (!("code" in (error as Error))) throw error;
    throw new Error(`connection file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Reads what such a file says. Throws one line that tells where it stands, and the first wrong field. */
export function parseConnection(text: string, where: string): Connection {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`connection ${where} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const parsed = connectionSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`connection ${where}: ${issue?.path.join(".")}: ${issue?.message}`);
}
