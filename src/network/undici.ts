import type * as Undici from "undici";
import { onDemand } from "../support/on-demand.ts";

/** Needed by the first request to another server, which no visitor of the host waits for. */
export const undici = onDemand<typeof Undici>("undici");
