/** Throws one line for a template without the place that a text is put in. */
export function checkTemplate(template: string): void {
  if (!template.includes("{text}")) throw new Error(`template "${template}" has no {text}`);
}

/** A text in the place of the template's first `{text}`, letter by letter: a `$` in it means nothing. */
export function inTemplate(template: string, text: string): string {
  return template.replace("{text}", () => text);
}
