/** Does something for one of several rows; what is thrown for it begins with its place. */
export function placed<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}
