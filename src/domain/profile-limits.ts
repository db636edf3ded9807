/** What a profile may hold, as apps are told and as it is checked; the option `accounts` takes the same. */
export const PROFILE_LIMITS = {
  nameCharacters: 200,
  noteCharacters: 5000,
  fields: 20,
  fieldNameCharacters: 255,
  fieldValueCharacters: 2047,
  altCharacters: 1500,
  featuredTags: 10,
} as const;
