import { z } from "zod";

/** A JSON object of unknown content. */
export const dictionary = z.record(z.string(), z.unknown());
