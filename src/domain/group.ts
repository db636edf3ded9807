import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/**
 * The blog that an article of a person belongs to, if the site has exactly one Group account. Plume stores an article
 * only if it names a Person and a Group; everybody else takes the first, the Person.
 */
export async function groupOf(site: Site, author: Pick<ActorRow, "type">): Promise<string | undefined> {
  if (author.type !== "Person") return undefined;
  const groups = await site.models.actors
    .find({ localName: { $exists: true }, type: "Group" }, { uri: 1 })
    .limit(2)
    .lean();
  return groups.length === 1 ? groups[0]?.uri : undefined;
}
