/**
 * Runs a reader of a file that `vitrail data fetch` does not bring, and says where the file comes from when it cannot be
 * read. Throws as the reader does.
 */
export async function fromElsewhere<Found>(read: () => Promise<Found>, origin: string): Promise<Found> {
  try {
    return await read();
  } catch (error) {
    const { message } = error as Error;
    // A file that is there and wrong is no matter of where it comes from.
    if (!message.startsWith("cannot read ")) throw error;
    throw new Error(`${message}; \`vitrail data fetch\` does not bring it: it is ${origin}`);
  }
}
