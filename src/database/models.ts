import { Schema, type Connection, type Model } from "mongoose";
import type {
  ActivityRow,
  ActorRow,
  DeliveryRow,
  FollowRow,
  HostRow,
  InboundRow,
  InteractionRow,
  KeyRow,
  LockRow,
  MetaRow,
  PostRow,
  RemoteKeyRow,
  SourceStateRow,
  TombstoneRow,
} from "./rows.ts";

/** One model a collection, all on the site's own connection. */
export interface Models {
  actors: Model<ActorRow>;
  keys: Model<KeyRow>;
  remoteKeys: Model<RemoteKeyRow>;
  posts: Model<PostRow>;
  follows: Model<FollowRow>;
  interactions: Model<InteractionRow>;
  activities: Model<ActivityRow>;
  deliveries: Model<DeliveryRow>;
  inbound: Model<InboundRow>;
  hosts: Model<HostRow>;
  tombstones: Model<TombstoneRow>;
  sources: Model<SourceStateRow>;
  locks: Model<LockRow>;
  meta: Model<MetaRow>;
}

/** The collections' names, without the prefix. */
export const COLLECTIONS: { readonly [name in keyof Models]: string } = {
  actors: "actors",
  keys: "keys",
  remoteKeys: "remote_keys",
  posts: "posts",
  follows: "follows",
  interactions: "interactions",
  activities: "activities",
  deliveries: "deliveries",
  inbound: "inbound",
  hosts: "hosts",
  tombstones: "tombstones",
  sources: "sources",
  locks: "locks",
  meta: "meta",
};

const NUMBER_IDS = new Set<keyof Models>([
  "actors",
  "keys",
  "posts",
  "follows",
  "interactions",
  "activities",
  "deliveries",
]);

/**
 * The rows' shapes are TypeScript's (rows.ts): every write comes from our own code, through functions that build whole
 * rows, so the schemas fix only the type of `_id` and leave the rest to the compiler. Indexes are made by migrations.
 */
function schema(id: typeof Number | typeof String): Schema {
  return new Schema(
    { _id: { type: id, required: true } },
    { strict: false, versionKey: false, autoIndex: false, autoCreate: false, minimize: false, id: false },
  );
}

/**
 * Makes the models on `connection`.
 * @param prefix put before each collection's name, since they may live in the host's database. Default `fedi_`.
 */
export function createModels(connection: Connection, prefix: string): Models {
  const make = <Row>(name: keyof Models): Model<Row> =>
    connection.model(
      `${prefix}${COLLECTIONS[name]}`,
      schema(NUMBER_IDS.has(name) ? Number : String),
      `${prefix}${COLLECTIONS[name]}`,
    ) as unknown as Model<Row>;
  return {
    actors: make<ActorRow>("actors"),
    keys: make<KeyRow>("keys"),
    remoteKeys: make<RemoteKeyRow>("remoteKeys"),
    posts: make<PostRow>("posts"),
    follows: make<FollowRow>("follows"),
    interactions: make<InteractionRow>("interactions"),
    activities: make<ActivityRow>("activities"),
    deliveries: make<DeliveryRow>("deliveries"),
    inbound: make<InboundRow>("inbound"),
    hosts: make<HostRow>("hosts"),
    tombstones: make<TombstoneRow>("tombstones"),
    sources: make<SourceStateRow>("sources"),
    locks: make<LockRow>("locks"),
    meta: make<MetaRow>("meta"),
  };
}
