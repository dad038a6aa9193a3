/**
 * What was made of texts, so that a text that comes again costs a look-up: loops ask for the same at every step. What is
 * made is shared by all who ask, and must not be changed.
 */
export class Memo<Made extends object> {
  readonly #most: number;
  readonly #made = new WeakMap<object, Map<string, Made>>();

  /** @param most so many texts of one owner are known at once; beyond them it begins anew */
  constructor(most: number) {
    this.#most = most;
  }

  /** What `make` makes of this text of the owner's, who keeps it alive. What it throws is not kept. */
  of(owner: object, text: string, make: () => Made): Made {
    const texts = this.#made.get(owner) ?? new Map<string, Made>();
    const before = texts.get(text);
    if (before !== undefined) return before;
    const made = make();
    this.#made.set(owner, texts);
    if (texts.size >= this.#most) texts.clear();
    texts.set(text, made);
    return made;
  }
}
