import type { Session } from "../session/session.js";
import type { PointRow } from "../session/types.js";

/** The points that a lens reads. Throws one line for parts of them, of which it would read the whole. */
export function lensPoints(session: Session, selector: string): readonly PointRow[] {
  const [part] = /\[.*$/.exec(selector) ?? [];
  if (part !== undefined)
    throw new Error(`points "${selector}": a lens reads whole points, leave ${part} out`);
  return session.hookPoints(selector);
}
