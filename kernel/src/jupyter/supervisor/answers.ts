import { codePointOffset, utf16Offset } from "./codePoints.js";
import type { Language } from "./language.js";
import type { ContentOf } from "./request.js";

type Content = Record<string, unknown>;

/** Content of a `complete_reply`; positions in code points. */
export async function completion(
  language: Language,
  request: ContentOf<"complete_request">,
): Promise<Content> {
  const source = request.code;
  const reply = await language.ask({
    kind: "complete",
    source,
    offset: utf16Offset(source, request.cursor_pos),
  });
  const cursor_start = codePointOffset(source, reply.start);
  const cursor_end = codePointOffset(source, reply.end);
  return {
    status: "ok",
    matches: reply.items.map(({ text }) => text),
    cursor_start,
    cursor_end,
    metadata: {
      _jupyter_types_experimental: reply.items.map((item) => ({
        ...item,
        start: cursor_start,
        end: cursor_end,
      })),
    },
  };
}

/** Content of an `inspect_reply`: the type at the position, and its documentation. */
export async function inspection(
  language: Language,
  request: ContentOf<"inspect_request">,
): Promise<Content> {
  const source = request.code;
  const offset = utf16Offset(source, request.cursor_pos);
  const { text, documentation } = await language.ask({ kind: "inspect", source, offset });
  if (text === undefined) return { status: "ok", found: false, data: {}, metadata: {} };
  const data = {
    "text/plain": documentation === "" ? text : `${text}\n\n${documentation}`,
    "text/markdown": `\`\`\`typescript\n${text}\n\`\`\`${documentation === "" ? "" : `\n\n${documentation}`}`,
  };
  return { status: "ok", found: true, data, metadata: {} };
}

/** Content of an `is_complete_reply`. */
export async function completeness(
  language: Language,
  request: ContentOf<"is_complete_request">,
): Promise<Content> {
  if (request.code.trim() === "") return { status: "complete" };
  const { status, indent } = await language.ask({ kind: "isComplete", source: request.code });
  return status === "incomplete" ? { status, indent } : { status };
}
