import type { JsonObject } from "../checkpoint/checkpoint.js";
import { addedToken, contentOf, type AddedToken, type TokenValue } from "./addedToken.js";
import type { TokenizerFiles } from "./files.js";

/** The roles that transformers knows, in the order in which it adds their tokens. */
export const roles = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** Which tokens have a role, and which are special without one, by tokenizer_config.json and special_tokens_map.json. */
export interface Roles {
  /** Role → token; null where a file says that there is none. A model's own roles come after the standard ones. */
  readonly named: ReadonlyMap<string, TokenValue | null>;
  readonly extra: readonly TokenValue[];
  /** Contents that count as special among the tokens of added_tokens.json. */
  readonly special: ReadonlySet<string>;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parse one token with its properties. */
export function readToken(where: string, value: unknown): AddedToken {
  const parsed = addedToken.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${where} is no token: ${JSON.stringify(value)}`);
}

/** A token in tokenizer_config.json: text, or an object marked with `__type`. */
function configToken(key: string, value: unknown): TokenValue {
  if (typeof value === "string") return value;
  if (isObject(value) && value["__type"] === "AddedToken")
    return readToken(`tokenizer_config.json ${key}`, value);
  throw new Error(
    `tokenizer_config.json ${key} is neither text nor an object with "__type": "AddedToken": ${JSON.stringify(value)}`,
  );
}

/** A token in special_tokens_map.json: text, or an object, which is special whatever it says. */
function mapToken(key: string, value: unknown): TokenValue {
  if (typeof value === "string") return value;
  return { ...readToken(`special_tokens_map.json ${key}`, value), special: true };
}

type Reader = (key: string, value: unknown) => TokenValue;

/** Tokens without a role: a list, or named by a role of the model's own. */
function readExtra(
  value: unknown,
  key: string,
  read: Reader,
): readonly TokenValue[] | ReadonlyMap<string, TokenValue> {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((entry) => read(key, entry));
  if (isObject(value)) return new Map(Object.entries(value).map(([name, entry]) => [name, read(key, entry)]));
  throw new Error(`${key} is neither a list nor an object: ${JSON.stringify(value)}`);
}

const extraKey = "extra_special_tokens";
const olderKey = "additional_special_tokens";

/** Special tokens without a role. The older key counts only where the newer one is missing, or empty in the config. */
function readExtras(
  config: JsonObject,
  map: JsonObject,
): Pick<Roles, "extra"> & { own: ReadonlyMap<string, TokenValue>; early: readonly TokenValue[] } {
  const own = new Map<string, TokenValue>();
  const list = (source: JsonObject, read: Reader): readonly TokenValue[] => {
    const found = readExtra(source[olderKey], olderKey, read);
    if (Array.isArray(found)) return found;
    throw new Error(`${olderKey} is no list: ${JSON.stringify(source[olderKey])}`);
  };
  let extra: readonly TokenValue[] | undefined;
  const ofConfig = readExtra(config[extraKey], extraKey, configToken);
  const empty =
    ofConfig instanceof Map ? ofConfig.size === 0 : (ofConfig as readonly TokenValue[]).length === 0;
  if (empty && config[olderKey] !== undefined) extra = list(config, configToken);
  else if (ofConfig instanceof Map) for (const [name, value] of ofConfig) own.set(name, value);
  else if (config[extraKey] !== undefined) extra = ofConfig as readonly TokenValue[];

  const ofMap = readExtra(map[extraKey], extraKey, mapToken);
  if (ofMap instanceof Map) {
    for (const [name, value] of ofMap) own.set(name, value);
    extra = undefined;
  } else if (map[extraKey] !== undefined) extra = [...(extra ?? []), ...(ofMap as readonly TokenValue[])];

  const older = map[olderKey] === undefined ? list(config, configToken) : list(map, mapToken);
  return { own, early: extra ?? [], extra: extra ?? older };
}

/** Read the roles; special_tokens_map.json counts, and overrides, only where tokenizer_config.json lists no added tokens. */
export function readRoles(files: TokenizerFiles): Roles {
  const config = files.settings ?? {};
  const map = config["added_tokens_decoder"] === undefined ? (files.specialTokens ?? {}) : {};
  const named = new Map<string, TokenValue | null>();
  const special = new Set<string>();
  for (const role of roles) {
    const inMap = map[role] !== undefined;
    const value = inMap ? map[role] : config[role];
    if (value === undefined) continue;
    const token = value === null ? null : inMap ? mapToken(role, value) : configToken(role, value);
    named.set(role, token);
    // An object of tokenizer_config.json is not looked into at this point by transformers.
    if (token !== null && (inMap || typeof token === "string")) special.add(contentOf(token));
  }
  const { own, early, extra } = readExtras(config, map);
  for (const token of early) special.add(contentOf(token));

  const ownRole = (key: string): boolean =>
    key.endsWith("_token") && !(roles as readonly string[]).includes(key);
  const explicit = new Map<string, TokenValue>();
  const found = new Map<string, TokenValue>();
  for (const [key, value] of Object.entries(config).filter(([key]) => ownRole(key))) {
    if (typeof value === "string") explicit.set(key, value);
    else if (isObject(value) && value["__type"] === "AddedToken") found.set(key, configToken(key, value));
  }
  for (const [key, value] of Object.entries(map).filter(([key]) => ownRole(key)))
    found.set(key, mapToken(key, value));
  for (const [key, value] of [...found, ...explicit, ...own]) named.set(key, value);
  return { named, extra, special };
}
