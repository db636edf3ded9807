import type { ActorRow } from "../../database/rows.ts";

/** Who looks: the account of a token, or nobody. */
export interface LoadViewer {
  readonly account?: ActorRow;
}
