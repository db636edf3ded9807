import type { Site } from "../../../src/site.ts";

/** How many commands `work` sends to the store: each takes a connection out of the driver's pool, which it tells. */
export async function countCommands(site: Site, work: () => Promise<unknown>): Promise<number> {
  const client = site.connection.getClient();
  let count = 0;
  const note = (): void => void (count += 1);
  client.on("connectionCheckedOut", note);
  try {
    await work();
  } finally {
    client.off("connectionCheckedOut", note);
  }
  if (count === 0) throw new Error("nothing was asked of the store: the count counts nothing");
  return count;
}
