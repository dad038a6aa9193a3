import type { Theme } from "vitrail/payload";

/** The theme JupyterLab shows now. */
export function currentTheme(): Theme {
  return document.body.dataset["jpThemeLight"] === "false" ? "dark" : "light";
}

/** Calls back on each change of theme: a MIME renderer gets no theme service. Returns how to stop. */
export function watchTheme(changed: (theme: Theme) => void): () => void {
  let last = currentTheme();
  const observer = new MutationObserver(() => {
    const now = currentTheme();
    if (now !== last) changed((last = now));
  });
  observer.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  return () => observer.disconnect();
}
