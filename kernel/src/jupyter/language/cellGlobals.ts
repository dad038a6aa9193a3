/** Types of what the runner puts on the global object of cells, beyond Node's own. */
export const cellGlobals = `
/** Asks the person at the notebook for a line of text. */
declare function input(prompt?: string, options?: { password?: boolean }): Promise<string>;
`;
