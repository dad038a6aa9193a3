import type { Random } from "../../session/sampling.js";
import { deeds, determiners, manners, moods, motions, places, qualities, things, times } from "./words.js";
import type { ByClass } from "./words.js";

/**
 * Templates of everyday sentences. `{np}` is a person; `{quality}`, `{mood}`, `{deed}` and `{manner}` carry the
 * sentiment; the other slots carry none. No corpus holds a sentence of the second list.
 */
export const templates = {
  corpus: [
    "{det} {np} was {mood} at {det} {place}",
    "{det} {thing} of {det} {np} was {quality}",
    "{det} {np} {deed} {det} {thing}",
    "{det} {time} with {det} {np} was {quality}",
    "{det} {np} {motion} {manner} to {det} {place}",
    "in {det} {time} {det} {np} {deed} {det} {thing}",
    "at {det} {place} {det} {np} was {mood}",
    "{det} {np} had {det} {quality} {thing}",
    "{det} {mood} {np} {motion} to {det} {place}",
    "{det} {np} {motion} home {manner}",
    "{det} {quality} {thing} was at {det} {place}",
    "{det} {thing} came from {det} {quality} {place}",
    "{manner} {det} {np} {motion} to {det} {place}",
    "in {det} {time} {det} {np} was {mood}",
    "{det} {np} at {det} {place} {deed} {det} {thing}",
    "{det} {mood} {np} took {det} {thing}",
  ],
  heldOut: [
    "at the {place} our {np} {deed} my {thing}",
    "the {quality} {thing} came from my {np}",
    "my {mood} {np} was at the {place} in the {time}",
    "in the {time} that {np} {manner} {motion} home",
  ],
} as const;

const bySentiment: Readonly<Record<string, ByClass>> = {
  quality: qualities,
  mood: moods,
  deed: deeds,
  manner: manners,
};
const plain: Readonly<Record<string, readonly string[]>> = {
  thing: things,
  place: places,
  time: times,
  motion: motions,
  det: determiners,
};

/** Which of the words that carry sentiment may be drawn: all, or every second one from the first or from the second. */
export type Share = "all" | "even" | "odd";

/** A template filled with a person and with words of one class of sentiment. */
export function sentence(
  template: string,
  {
    person,
    label,
    share = "all",
  }: { readonly person: string; readonly label: number; readonly share?: Share },
  random: Random,
): string {
  return template.replace(/\{(\w+)\}/g, (slot, name: string) => {
    if (name === "np") return person;
    const carrying = bySentiment[name]?.[label];
    if (carrying !== undefined) return draw(shareOf(carrying, share), random);
    const words = plain[name];
    if (words === undefined) throw new Error(`no words for ${slot} of "${template}"`);
    return draw(words, random);
  });
}

function shareOf(words: readonly string[], share: Share): readonly string[] {
  return share === "all" ? words : words.filter((_, i) => (i % 2 === 0) === (share === "even"));
}

/** One of a list. */
export function draw<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Every word that a sentence can hold apart from the person's. */
export function grammarWords(): string[] {
  const fixed = [...templates.corpus, ...templates.heldOut].flatMap((text) =>
    text.replace(/\{\w+\}/g, "").split(/\s+/),
  );
  const filled = [...Object.values(bySentiment).flat(2), ...Object.values(plain).flat()];
  return [...new Set([...fixed, ...filled])].filter((word) => word !== "");
}
