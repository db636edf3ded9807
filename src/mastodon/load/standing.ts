import { readRows } from "../../database/native.ts";
import type { FilterRow } from "../../database/rows.ts";
import { blockedDomains } from "../../domain/shadows.ts";
import type { Site } from "../../site.ts";
import type { LoadViewer } from "./viewer.ts";

/** What a viewer has laid down for every post, whichever come: it can be read before, or while, they are looked for. */
export interface Standing {
  /** Domains the viewer blocks. */
  domains: readonly string[];
  filters: readonly FilterRow[];
}

const NOTHING: Standing = { domains: [], filters: [] };

/** Two queries; none for a stranger. */
export async function standingOf(site: Site, { account }: LoadViewer): Promise<Standing> {
  if (account === undefined) return NOTHING;
  const [domains, filters] = await Promise.all([
    blockedDomains(site, account._id),
    readRows(site.models.filters, { owner: account._id }),
  ]);
  return { domains, filters };
}
