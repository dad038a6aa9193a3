import { progress } from "../../display/progress.js";
import type { Session } from "../../session/session.js";
import { askClasses } from "./asked.js";
import { calibrateLogs } from "./calibrate.js";
import type { ClassifyPromptOptions } from "./evaluate.js";
import { checkPrompt, idsOf, promptEdits, withPlaceholders, type SoftPrompt } from "./softPrompt.js";
import { checkTemplate, inTemplate } from "./template.js";
import { verbaliser } from "./verbaliser.js";

/**
 * Log-probabilities of the classes of each text under a prompt, [row][class]: a word of many tokens may be too unlikely for a
 * probability that is a float. Throws as `classifyByPrompt` does.
 */
export async function classLogs(
  session: Session,
  prompt: SoftPrompt | undefined,
  texts: readonly (string | readonly number[])[],
  options: ClassifyPromptOptions,
): Promise<number[][]> {
  const { words: wanted, template = "{text}", calibrate: without, batch = 16, signal } = options;
  if (!Array.isArray(texts)) throw new Error(`texts are ${typeof texts}: give a list of them`);
  checkTemplate(template);
  if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch ${batch}: must be 1 or more`);
  const words = await verbaliser(session, wanted);
  if (prompt) await checkPrompt(session, prompt);
  const tokens = prompt?.tokens ?? 0;
  if (without !== undefined && (!Array.isArray(without) || without.length === 0))
    throw new Error("calibrate: give one or more texts without content, such as N/A");
  const read = [...texts, ...(without ?? [])].map((text) =>
    typeof text === "string" ? inTemplate(template, text) : text,
  );
  const ids = await idsOf(session, read, tokens + words.longest - 1);
  const classes = words.sizes.length;
  // Rows of like length run together, so that little is padding.
  const order = [...ids.keys()].sort((a, b) => ids[a]!.length - ids[b]!.length || a - b);
  const logs: number[][] = [];
  const stop = signal && { signal };
  const after =
    prompt &&
    (await session.prefix(withPlaceholders(tokens, [[]]), { hooks: promptEdits(session, prompt), ...stop }));
  const many = order.length > batch && options.quiet !== true;
  const bar = many ? progress(order.length, "classifying texts") : undefined;
  try {
    for (let from = 0; from < order.length; from += batch) {
      const part = order.slice(from, from + batch);
      const {
        rows,
        logits,
        given,
        classes: logClasses,
      } = askClasses(
        words,
        part.map((i) => ids[i]!),
      );
      const run = await session.forward(rows, {
        logits,
        ...(after && { after }),
        readout: { given, compute: (values) => ({ classes: logClasses(values) }) },
        ...stop,
      });
      const { data } = run.readout.get("classes")!;
      part.forEach((i, row) => (logs[i] = [...data.subarray(row * classes, (row + 1) * classes)]));
      bar?.advance(part.length);
    }
  } finally {
    bar?.finish();
    after?.release();
  }
  const said = logs.slice(0, texts.length);
  if (without === undefined) return said;
  const ofNothing = logs.slice(texts.length);
  return said.map((each) => calibrateLogs(each, ofNothing));
}
