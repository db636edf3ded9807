import type { Models } from "./models.ts";

/**
 * A fact about the store, such as a secret or a date: written once, by whichever process comes first, and the same for all
 * from then on.
 * @returns what stands in the store: `value`, or what was there before.
 */
export async function keepFact(models: Models, name: string, value: unknown): Promise<unknown> {
  const row = await models.meta
    .findOneAndUpdate({ _id: name }, { $setOnInsert: { value } }, { upsert: true, returnDocument: "after" })
    .lean();
  return row?.value;
}
