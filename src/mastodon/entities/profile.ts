import type { ActorRow } from "../../database/rows.ts";
import { plainText } from "../../text/plain-text.ts";
import { fieldSourceEntity, type FieldEntity } from "./field.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ProfileEntity {
  id: string;
  display_name: string;
  note: string;
  fields: FieldEntity[];
  avatar: string | null;
  avatar_static: string | null;
  avatar_description: string;
  header: string | null;
  header_static: string | null;
  header_description: string;
  locked: boolean;
  bot: boolean;
  hide_collections: boolean;
  discoverable: boolean;
  indexable: boolean;
  show_media: boolean;
  show_media_replies: boolean;
  show_featured: boolean;
  attribution_domains: string[];
}

/** A profile as its owner edits it: texts as they were typed, `null` for pictures that there are none of. */
export function profileEntity(row: ActorRow, around: Surroundings): ProfileEntity {
  const avatar = row.icon === undefined ? null : around.picture(row.icon.url);
  const header = row.image === undefined ? null : around.picture(row.image.url);
  return {
    id: String(row._id),
    display_name: row.name,
    note: row.summarySource ?? plainText(row.summary),
    fields: row.fields.map(fieldSourceEntity),
    avatar,
    avatar_static: avatar,
    avatar_description: row.icon?.alt ?? "",
    header,
    header_static: header,
    header_description: row.image?.alt ?? "",
    locked: row.manuallyApprovesFollowers,
    bot: row.type === "Service",
    hide_collections: row.hidesCollections === true,
    discoverable: row.discoverable,
    indexable: row.indexable,
    // Every profile here shows these.
    show_media: true,
    show_media_replies: true,
    show_featured: true,
    attribution_domains: row.attributionDomains ?? [],
  };
}
