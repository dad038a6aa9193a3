import type { z } from "zod";

/** What a text of JSON holds, as the schema has it; undefined when it is no JSON, or holds something else. */
export function parsed<Held>(schema: z.ZodType<Held>, text: string): Held | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
