import type { CommandStartedEvent, MongoClient } from "mongodb";
import type { Site } from "../../../src/site.ts";

/** The commands that some work sends to the store. Its connection has to watch them (`monitorCommands`). */
export async function commandsOf(site: Site, work: () => Promise<unknown>): Promise<CommandStartedEvent[]> {
  const client: MongoClient = site.connection.getClient();
  if (!client.options.monitorCommands) throw new Error("this connection does not watch its commands");
  const seen: CommandStartedEvent[] = [];
  const note = (event: CommandStartedEvent): void => void seen.push(event);
  client.on("commandStarted", note);
  try {
    await work();
  } finally {
    client.off("commandStarted", note);
  }
  return seen.filter((event) => !["hello", "ping", "endSessions"].includes(event.commandName));
}
