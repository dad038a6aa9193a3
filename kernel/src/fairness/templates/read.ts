import { readTable } from "../../tuning/datasets/table.js";
import type { Term } from "./expand.js";
import type { Template } from "./fill.js";

/** Templates from a CSV file with the columns TEMPLATE and SENT, the index of the class. */
export async function readTemplates(path: string): Promise<Template[]> {
  const { rows } = await readTable(path, { format: "csv", columns: { text: "TEMPLATE", label: "SENT" } });
  return rows.map(({ text, label }, i) => {
    if (!/^\d+$/.test(label))
      throw new Error(`${path} row ${i + 1} has SENT "${label}": it must be the index of a class`);
    return { text, label: Number(label) };
  });
}

/** Terms from a CSV file with the columns TERM, POS, which is the term's kind, and GROUP. */
export async function readTerms(path: string): Promise<Term[]> {
  const columns = { text: "TERM", kind: "POS", group: "GROUP" };
  return [...(await readTable(path, { format: "csv", columns })).rows];
}
