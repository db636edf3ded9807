import { Schema, type Connection, type Model } from "mongoose";
import type {
  ActivityRow,
  ActorRow,
  AppRow,
  ConversationRow,
  DeliveryRow,
  DomainBlockRow,
  EditRow,
  FilterRow,
  FollowRow,
  GrantRow,
  HostRow,
  IdempotencyRow,
  InboundRow,
  InteractionRow,
  KeyRow,
  ListMemberRow,
  ListRow,
  LockRow,
  LoginRow,
  MarkerRow,
  MetaRow,
  NotificationRow,
  PostRow,
  PushJobRow,
  PushRow,
  RelationRow,
  RemoteKeyRow,
  ReportRow,
  ScheduledRow,
  SessionRow,
  SourceStateRow,
  StreamEventRow,
  TagRelationRow,
  TimelineRow,
  TokenRow,
  TombstoneRow,
  UploadRow,
  VoteRow,
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
  apps: Model<AppRow>;
  tokens: Model<TokenRow>;
  grants: Model<GrantRow>;
  logins: Model<LoginRow>;
  sessions: Model<SessionRow>;
  timelines: Model<TimelineRow>;
  notifications: Model<NotificationRow>;
  relations: Model<RelationRow>;
  domainBlocks: Model<DomainBlockRow>;
  lists: Model<ListRow>;
  listMembers: Model<ListMemberRow>;
  filters: Model<FilterRow>;
  tagRelations: Model<TagRelationRow>;
  markers: Model<MarkerRow>;
  uploads: Model<UploadRow>;
  scheduled: Model<ScheduledRow>;
  pushes: Model<PushRow>;
  pushJobs: Model<PushJobRow>;
  conversations: Model<ConversationRow>;
  votes: Model<VoteRow>;
  edits: Model<EditRow>;
  reports: Model<ReportRow>;
  idempotency: Model<IdempotencyRow>;
  streamEvents: Model<StreamEventRow>;
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
  apps: "apps",
  tokens: "tokens",
  grants: "grants",
  logins: "logins",
  sessions: "sessions",
  timelines: "timelines",
  notifications: "notifications",
  relations: "relations",
  domainBlocks: "domain_blocks",
  lists: "lists",
  listMembers: "list_members",
  filters: "filters",
  tagRelations: "tag_relations",
  markers: "markers",
  uploads: "uploads",
  scheduled: "scheduled",
  pushes: "pushes",
  pushJobs: "push_jobs",
  conversations: "conversations",
  votes: "votes",
  edits: "edits",
  reports: "reports",
  idempotency: "idempotency",
  streamEvents: "stream_events",
};

const NUMBER_IDS = new Set<keyof Models>([
  "actors",
  "keys",
  "posts",
  "follows",
  "interactions",
  "activities",
  "deliveries",
  "apps",
  "tokens",
  "logins",
  "notifications",
  "relations",
  "domainBlocks",
  "lists",
  "listMembers",
  "filters",
  "tagRelations",
  "uploads",
  "scheduled",
  "pushes",
  "pushJobs",
  "conversations",
  "votes",
  "edits",
  "reports",
  "streamEvents",
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
    apps: make<AppRow>("apps"),
    tokens: make<TokenRow>("tokens"),
    grants: make<GrantRow>("grants"),
    logins: make<LoginRow>("logins"),
    sessions: make<SessionRow>("sessions"),
    timelines: make<TimelineRow>("timelines"),
    notifications: make<NotificationRow>("notifications"),
    relations: make<RelationRow>("relations"),
    domainBlocks: make<DomainBlockRow>("domainBlocks"),
    lists: make<ListRow>("lists"),
    listMembers: make<ListMemberRow>("listMembers"),
    filters: make<FilterRow>("filters"),
    tagRelations: make<TagRelationRow>("tagRelations"),
    markers: make<MarkerRow>("markers"),
    uploads: make<UploadRow>("uploads"),
    scheduled: make<ScheduledRow>("scheduled"),
    pushes: make<PushRow>("pushes"),
    pushJobs: make<PushJobRow>("pushJobs"),
    conversations: make<ConversationRow>("conversations"),
    votes: make<VoteRow>("votes"),
    edits: make<EditRow>("edits"),
    reports: make<ReportRow>("reports"),
    idempotency: make<IdempotencyRow>("idempotency"),
    streamEvents: make<StreamEventRow>("streamEvents"),
  };
}
