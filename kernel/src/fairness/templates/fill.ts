/** A sentence with one kind of slot, such as `As {a:np}, I feel hopeful.`, and the index of its class. */
export interface Template {
  readonly text: string;
  readonly label: number;
}

const slots = /\{(a:)?([A-Za-z_]+)\}/g;

/**
 * The slot of a template in lower case, without the `identity_` or `disability_` of the published files, which only
 * says whose terms fill it. Throws one line unless the template has exactly one kind of slot.
 */
export function slotOf({ text }: Template): string {
  const names = new Set([...text.matchAll(slots)].map(([, , name]) => bare(name!)));
  if (names.size !== 1)
    throw new Error(
      `template "${text}" has ${names.size === 0 ? "no slot" : `slots ${[...names].join(" and ")}`}: it needs one`,
    );
  return [...names][0]!;
}

/** What stands before the first slot of a template, as its sentences begin; undefined where it has none. */
export function beforeSlot(template: string): string | undefined {
  const at = template.search(slots);
  return at < 0 ? undefined : template.slice(0, at).trimStart();
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^(identity|disability)_/, "");
}

/**
 * The sentence with every slot filled. `{a:…}` puts the article that the filler's first letter asks for, by the letter
 * alone (so "an Ukrainian", as in the published sentences), and a slot with a capital gives the filler one.
 */
export function fill({ text }: Template, filler: string): string {
  return text
    .replace(slots, (_, article: string | undefined, name: string) => {
      const first = filler.charAt(0);
      const cased = /^[A-Z]/.test(name) ? first.toUpperCase() + filler.slice(1) : filler;
      if (article === undefined) return cased;
      return `${/[aeiou]/i.test(first) ? "an" : "a"} ${cased}`;
    })
    .trim();
}
