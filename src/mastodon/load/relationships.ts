import type { ActorRow, FollowRow, RelationRow } from "../../database/rows.ts";
import { blockedDomains, isUnderDomain } from "../../domain/shadows.ts";
import { ONE_BATCH } from "../../database/native.ts";
import type { Site } from "../../site.ts";
import { relationshipEntity, type RelationshipEntity } from "../entities/relationship.ts";

/** What an account has to do with others, in their order. Four queries, however many they are. */
export async function loadRelationships(
  site: Site,
  account: Pick<ActorRow, "_id">,
  targets: readonly Pick<ActorRow, "_id" | "host">[],
): Promise<RelationshipEntity[]> {
  const me = account._id;
  const ids = targets.map((target) => target._id);
  const [follows, followers, relations, domains] = await Promise.all([
    site.models.follows
      .find({ follower: me, followed: { $in: ids } })
      .batchSize(ONE_BATCH)
      .lean<FollowRow[]>(),
    site.models.follows
      .find({ followed: me, follower: { $in: ids } })
      .batchSize(ONE_BATCH)
      .lean<FollowRow[]>(),
    site.models.relations
      .find({
        owner: me,
        kind: { $in: ["block", "blockedBy", "mute", "note", "endorse"] },
        target: { $in: ids },
      })
      .batchSize(ONE_BATCH)
      .lean<RelationRow[]>(),
    blockedDomains(site, me),
  ]);
  const now = site.clock.now();
  return targets.map((target) =>
    relationshipEntity(
      target._id,
      {
        follow: follows.find((row) => row.followed === target._id),
        followedBy: followers.find((row) => row.follower === target._id),
        relations: relations.filter((row) => row.target === target._id),
        isDomainBlocked: isUnderDomain(target.host, domains),
      },
      now,
    ),
  );
}

/** The same for one. */
export async function loadRelationship(
  site: Site,
  account: Pick<ActorRow, "_id">,
  target: Pick<ActorRow, "_id" | "host">,
): Promise<RelationshipEntity> {
  const [relationship] = await loadRelationships(site, account, [target]);
  if (relationship === undefined) throw new Error("one target in, no relationship out");
  return relationship;
}
