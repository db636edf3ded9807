import type { FilterRow } from "../../database/rows.ts";
import { timeOf } from "./time.ts";

export interface FilterEntity {
  id: string;
  title: string;
  context: string[];
  expires_at: string | null;
  filter_action: FilterRow["action"];
  keywords?: FilterKeywordEntity[];
  statuses?: FilterStatusEntity[];
}

export interface FilterKeywordEntity {
  id: string;
  keyword: string;
  whole_word: boolean;
}

export interface FilterStatusEntity {
  id: string;
  status_id: string;
}

export function filterKeywordEntity(keyword: FilterRow["keywords"][number]): FilterKeywordEntity {
  return { id: String(keyword.id), keyword: keyword.keyword, whole_word: keyword.wholeWord };
}

export function filterStatusEntity(status: FilterRow["statuses"][number]): FilterStatusEntity {
  return { id: String(status.id), status_id: String(status.status) };
}

/** A filter with all it looks for, as the filters' own methods show it. */
export function filterEntity(row: FilterRow): FilterEntity {
  return {
    ...shortFilterEntity(row),
    filter_action: row.action,
    keywords: row.keywords.map(filterKeywordEntity),
    statuses: row.statuses.map(filterStatusEntity),
  };
}

/**
 * A filter as it stands inside a status. `blur` is shown as `warn` there: Ice Cubes cannot read a timeline with another
 * action than `warn` and `hide`, and to those who know `blur` a warning hides no less.
 */
function shortFilterEntity(row: FilterRow): FilterEntity {
  return {
    id: String(row._id),
    title: row.title,
    context: row.context,
    expires_at: row.expiresAt === undefined ? null : timeOf(row.expiresAt),
    filter_action: row.action === "hide" ? "hide" : "warn",
  };
}

export interface FilterResultEntity {
  filter: FilterEntity;
  keyword_matches: string[] | null;
  status_matches: string[] | null;
}

/** Why a status is filtered. */
export function filterResultEntity(
  row: FilterRow,
  matches: { keywords: readonly string[]; statuses: readonly number[] },
): FilterResultEntity {
  return {
    filter: shortFilterEntity(row),
    keyword_matches: matches.keywords.length === 0 ? null : [...matches.keywords],
    status_matches: matches.statuses.length === 0 ? null : matches.statuses.map(String),
  };
}

export interface V1FilterEntity {
  id: string;
  phrase: string;
  context: string[];
  whole_word: boolean;
  expires_at: string | null;
  irreversible: boolean;
}

/** The first version of the API knows one phrase a filter: each keyword is one, under the keyword's id. */
export function v1FilterEntity(row: FilterRow, keyword: FilterRow["keywords"][number]): V1FilterEntity {
  return {
    id: String(keyword.id),
    phrase: keyword.keyword,
    context: row.context,
    whole_word: keyword.wholeWord,
    expires_at: row.expiresAt === undefined ? null : timeOf(row.expiresAt),
    irreversible: row.action === "hide",
  };
}
