const most = 60;

/** The first of many rows for a table, and in words how many of them it shows. */
export function shownRows<Row>(
  rows: readonly Row[],
  name: string,
): { readonly shown: readonly Row[]; readonly said: string } {
  const shown = rows.slice(0, most);
  const said = `${rows.length} ${name}`;
  return { shown, said: rows.length > most ? `${said}, of which the first ${most} are shown` : said };
}
