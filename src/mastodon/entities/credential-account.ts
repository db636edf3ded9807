import type { ActorRow } from "../../database/rows.ts";
import { plainText } from "../../text/plain-text.ts";
import { accountEntity, type AccountEntity } from "./account.ts";
import { fieldSourceEntity, type FieldEntity } from "./field.ts";
import { AUTHOR_ROLE, type RoleEntity } from "./role.ts";
import type { Surroundings } from "./surroundings.ts";
import { visibilityEntity, type VisibilityEntity } from "./visibility.ts";

export interface CredentialAccountEntity extends AccountEntity {
  source: {
    privacy: VisibilityEntity;
    sensitive: boolean;
    language: string | null;
    note: string;
    fields: FieldEntity[];
    follow_requests_count: number;
    hide_collections: boolean;
    discoverable: boolean;
    indexable: boolean;
    attribution_domains: string[];
    quote_policy: "public" | "followers" | "nobody";
  };
  role: RoleEntity;
}

/** An account as its own owner sees it. @param followRequests how many wait for an answer. */
export function credentialAccountEntity(
  row: ActorRow,
  around: Surroundings,
  followRequests: number,
): CredentialAccountEntity {
  return {
    ...accountEntity(row, around),
    source: {
      privacy: visibilityEntity(row.defaults?.visibility ?? "public"),
      sensitive: row.defaults?.sensitive ?? false,
      language: row.defaults?.language ?? around.language ?? null,
      note: row.summarySource ?? plainText(row.summary),
      fields: row.fields.map(fieldSourceEntity),
      follow_requests_count: followRequests,
      hide_collections: row.hidesCollections === true,
      discoverable: row.discoverable,
      indexable: row.indexable,
      attribution_domains: row.attributionDomains ?? [],
      quote_policy: row.defaults?.quotePolicy ?? "public",
    },
    role: AUTHOR_ROLE,
  };
}
