import { readFile } from "node:fs/promises";
import { HUB_URL } from "@huggingface/hub";
import { oneLine } from "../checkpoint/oneLine.js";
import { tokenFile } from "./places.js";

/** A server that files are downloaded from. */
export interface Server {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
  /**
   * `fetch` with the user's token, which is sent to the endpoint and nowhere else, and with the caller's signal. Throws
   * one line when the server cannot be reached.
   */
  readonly fetch: typeof fetch;
}

/** A hub to ask, as the environment describes it: `HF_ENDPOINT`, else the public hub. */
export interface Hub extends Server {
  readonly hasToken: boolean;
}

/** Values by which Python's huggingface_hub takes a switch to be on. */
const isOn = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? "");

/** Whether only the cache may be used: `HF_HUB_OFFLINE`, else `TRANSFORMERS_OFFLINE`. */
export function isOffline(): boolean {
  return isOn(process.env["HF_HUB_OFFLINE"] || process.env["TRANSFORMERS_OFFLINE"]);
}

/** The hub that the environment names. The token is `HF_TOKEN`, or its older name, else what `hf auth login` stored. */
export async function hubFromEnvironment(signal: AbortSignal | undefined): Promise<Hub> {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN } = process.env;
  const token = (HF_TOKEN || HUGGING_FACE_HUB_TOKEN)?.trim() || (await storedToken());
  return {
    ...serverAt(process.env["HF_ENDPOINT"] || HUB_URL, signal, token),
    hasToken: token !== undefined,
  };
}

/** The server at an address. */
export function serverAt(address: string, signal: AbortSignal | undefined, token?: string): Server {
  const endpoint = address.replace(/\/+$/, "");
  const { origin, host } = new URL(endpoint);
  const ask: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    const asked = input instanceof Request ? input.url : input;
    if (token !== undefined && new URL(asked).origin === origin) {
      headers.set("authorization", `Bearer ${token}`);
    }
    try {
      return await fetch(input, { ...init, headers, signal: signal ?? null });
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(host, error);
    }
  };
  return { endpoint, signal, fetch: ask };
}

/** The connection failed before there was an answer. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  constructor(host: string, error: unknown) {
    // fetch says only "fetch failed"; why stands in its cause.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = (cause as NodeJS.ErrnoException).code;
    super(`cannot reach ${host}: ${oneLine(cause) || code || "no reason given"}`);
  }
}

/** The hub answers, and not with what was asked for; `refusal` words it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  constructor(status: number) {
    super(`the hub answers ${status}`);
    this.status = status;
  }
}

async function storedToken(): Promise<string | undefined> {
  if (isOn(process.env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined;
  try {
    return (await readFile(tokenFile(), "utf8")).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** One line for an answer that is not what was asked for, with what the user can do about it. */
export function refusal(hub: Hub, model: string, revision: string, status: number): string {
  const at = `"${model}" at revision "${revision}"`;
  if (status === 404) return `the hub has no model ${at}`;
  if (status === 401 && !hub.hasToken) {
    return `the hub does not show ${at} to strangers: if it exists it is private or gated; set HF_TOKEN to a token that may read it`;
  }
  if (status === 401)
    return `the hub does not show ${at} to the owner of the token: check the name and HF_TOKEN`;
  if (status === 403)
    return `the hub does not give ${at} to the owner of the token: accept its terms on its page`;
  const why = status === 429 ? ", being asked too often from here," : status >= 500 ? ", out of order," : "";
  const wayOut = why === "" ? "" : ": try again later; HF_HUB_OFFLINE=1 opens what is in the cache";
  return `the hub answers ${status}${why} when asked for ${at}${wayOut}`;
}
