import type { Displayable } from "../display/index.js";
import { BrokerClient } from "./client.js";
import { folderNames } from "./folder.js";
import { showSessions } from "./tables.js";
import type { SessionStatus, SessionSummary } from "./types.js";

/**
 * The live sessions of this user, by name; shows as a table. Folders of dead ones are removed on the way; one that does not answer is not
 * listed, and a warning says so.
 */
export async function listSessions(): Promise<SessionSummary[] & Displayable> {
  const found: SessionSummary[] = [];
  for (const name of folderNames()) {
    try {
      const status = await findStatus(name);
      if (status === undefined) continue;
      const { model, fingerprint, mesh, quantise, pid, clients, openedAt } = status;
      found.push({ name, model, fingerprint, mesh, ...(quantise && { quantise }), pid, clients, openedAt });
    } catch (error) {
      console.warn(`not listed: ${(error as Error).message}`);
    }
  }
  return showSessions(found);
}

/** State of a live session; undefined when there is none of this name. Throws one line when it does not answer. */
export async function findStatus(name: string): Promise<SessionStatus | undefined> {
  const client = await BrokerClient.connect(name, { asksOnly: true });
  if (client === undefined) return undefined;
  try {
    return await client.status();
  } finally {
    client.disconnect();
  }
}

/** Ends a live session. Throws one line when there is none of this name. */
export async function closeSession(name: string): Promise<void> {
  const client = await BrokerClient.connect(name);
  if (client !== undefined) return client.close();
  const names = folderNames();
  throw new Error(
    `no session "${name}": ${names.length === 0 ? "none is open" : `open: ${names.join(", ")}`}`,
  );
}
