import type { mongo } from "mongoose";
import type { ActivityRow, ActorRow, DeliveryRow, FollowRow, HostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/**
 * The driver's own collections behind the models: thousands of rows go through here, and mongoose's casting of each would
 * cost more than the store does.
 */
export const deliveriesOf = (site: Site): mongo.Collection<DeliveryRow> =>
  site.models.deliveries.collection as unknown as mongo.Collection<DeliveryRow>;
export const activitiesOf = (site: Site): mongo.Collection<ActivityRow> =>
  site.models.activities.collection as unknown as mongo.Collection<ActivityRow>;
export const followsOf = (site: Site): mongo.Collection<FollowRow> =>
  site.models.follows.collection as unknown as mongo.Collection<FollowRow>;
export const hostsOf = (site: Site): mongo.Collection<HostRow> =>
  site.models.hosts.collection as unknown as mongo.Collection<HostRow>;
export const actorsOf = (site: Site): mongo.Collection<ActorRow> =>
  site.models.actors.collection as unknown as mongo.Collection<ActorRow>;
