import { ApiError } from "@meydan/client";
import { useState } from "react";

const ABOUT_TOKEN: ReadonlySet<string> = new Set(["bot_anahtari_gecersiz", "bot_anahtari_baskasinin", "bot_var"]);

/** A refusal, told apart: what concerns the token belongs at its field, the rest beside the form. */
export function useTokenProblem() {
  const [problem, setProblem] = useState<unknown>(null);
  const atToken = problem instanceof ApiError && ABOUT_TOKEN.has(problem.code) ? problem.detail : undefined;
  return { atToken, beside: atToken === undefined ? problem : null, set: setProblem };
}
