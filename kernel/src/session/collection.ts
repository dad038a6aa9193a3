import { setFlagsFromString } from "node:v8";

let isSet = false;

/**
 * Lets V8 wait longer before it marks the whole heap. Values that come back lie outside the heap but count as if they lay in
 * it, so that a call with captures, some tens of megabytes, was followed by ten milliseconds of marking. Now as much may come
 * as the heap holds three times over, the most that V8 chooses by itself; 64 MB of such memory start it in any case.
 */
export function collectSeldom(): void {
  if (isSet) return;
  isSet = true;
  if (!process.execArgv.some((argument) => argument.startsWith("--heap-growing-percent")))
    setFlagsFromString("--heap-growing-percent=300");
}
