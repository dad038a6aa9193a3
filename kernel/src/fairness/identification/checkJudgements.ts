import { checkList } from "../../session/givenList.js";

/** Throws one line for what is no list of judgements, such as the whole of what `identify` returns. */
export function checkJudgements(judgements: unknown): void {
  checkList("judgements", judgements, "give the judgements of what identify returned");
}
