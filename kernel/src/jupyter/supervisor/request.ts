import { z } from "zod";
import { dictionary } from "./dictionary.js";
import type { Envelope } from "./wire.js";

const position = z.int().min(0);

/** What clients may ask on the shell and control channels. Defaults are those of the messaging specification. */
export const requestSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("execute_request"),
    code: z.string(),
    silent: z.boolean().default(false),
    store_history: z.boolean().default(true),
    user_expressions: z.record(z.string(), z.string()).default({}),
    allow_stdin: z.boolean().default(true),
    stop_on_error: z.boolean().default(true),
  }),
  z.object({ type: z.literal("complete_request"), code: z.string(), cursor_pos: position }),
  z.object({
    type: z.literal("inspect_request"),
    code: z.string(),
    cursor_pos: position,
    detail_level: z.int().default(0),
  }),
  z.object({ type: z.literal("is_complete_request"), code: z.string() }),
  z.object({
    type: z.literal("history_request"),
    output: z.boolean().default(false),
    raw: z.boolean().default(true),
    hist_access_type: z.enum(["range", "tail", "search"]),
    session: z.int().default(0),
    start: z.int().nullish(),
    stop: z.int().nullish(),
    n: z.int().nullish(),
    pattern: z.string().nullish(),
    unique: z.boolean().default(false),
  }),
  z.object({ type: z.literal("kernel_info_request") }),
  z.object({ type: z.literal("connect_request") }),
  z.object({ type: z.literal("comm_info_request"), target_name: z.string().nullish() }),
  z.object({
    type: z.literal("comm_open"),
    comm_id: z.string(),
    target_name: z.string(),
    data: dictionary.default({}),
  }),
  z.object({ type: z.literal("comm_msg"), comm_id: z.string(), data: dictionary.default({}) }),
  z.object({ type: z.literal("comm_close"), comm_id: z.string(), data: dictionary.default({}) }),
  z.object({ type: z.literal("shutdown_request"), restart: z.boolean().default(false) }),
  z.object({ type: z.literal("interrupt_request") }),
  z.object({ type: z.literal("create_subshell_request") }),
  z.object({ type: z.literal("delete_subshell_request"), subshell_id: z.string() }),
  z.object({ type: z.literal("list_subshell_request") }),
]);

export type RequestContent = z.infer<typeof requestSchema>;
export type RequestType = RequestContent["type"];
export type ContentOf<T extends RequestType> = Extract<RequestContent, { type: T }>;

/** A validated request and the envelope it came in. */
export interface Request<T extends RequestType = RequestType> {
  readonly content: ContentOf<T>;
  readonly envelope: Envelope;
  readonly channel: "shell" | "control";
}

const types = new Set<string>(requestSchema.options.map((option) => option.shape.type.value));

export function isRequestType(type: string): type is RequestType {
  return types.has(type);
}

/** Throws a line that names the message and the first wrong field. */
export function parseRequest(envelope: Envelope, channel: "shell" | "control"): Request {
  const type = envelope.header.msg_type;
  if (!isRequestType(type)) throw new Error(`unknown message ${type} on ${channel}`);
  const parsed = requestSchema.safeParse({ ...envelope.content, type });
  if (parsed.success) return { content: parsed.data, envelope, channel };
  const issue = parsed.error.issues[0];
  throw new Error(`${type}: field ${issue?.path.join(".") || "(whole)"}: ${issue?.message}`);
}
