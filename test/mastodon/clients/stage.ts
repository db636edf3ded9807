import sharp from "sharp";
import { startRemote, type Character, type FakeRemote } from "../../support/fake-remote.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { canLogIn } from "./consent.ts";
import { startAlice, type Alice } from "./fedify.ts";

/**
 * What an app's day needs: our site with clockwork and streams, a second site of ours, a server of Fedify's, and one that
 * does as the test wants.
 */
export interface Stage {
  here: StartedApi;
  there: StartedApi;
  /** Bea, who lives there. */
  beaHandle: string;
  alice: Alice;
  remote: FakeRemote;
  ada: Character;
  close(): Promise<void>;
}

/** Tests ask until something has come, which no app does so often. */
const api = { requestsPer5Minutes: 100_000 };

export async function setStage(): Promise<Stage> {
  const here = await startApi({
    api,
    clockwork: true,
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
  });
  here.fedi.attach(here.server);
  await canLogIn(here);
  const there = await startApi({ api, clockwork: true, accounts: [{ username: "bea", name: "Bea" }] });
  const remote = await startRemote();
  const alice = await startAlice();
  return {
    here,
    there,
    beaHandle: `bea@${new URL(there.origin).host}`,
    alice,
    remote,
    ada: remote.character("ada"),
    async close() {
      await Promise.all([here.close(), there.close()]);
      await Promise.all([remote.close(), alice.stop()]);
    },
  };
}

/** A small picture as a phone would send it. */
export async function picture(): Promise<Buffer<ArrayBuffer>> {
  const bytes = await sharp({
    create: { width: 64, height: 48, channels: 3, background: { r: 180, g: 120, b: 60 } },
  })
    .jpeg()
    .toBuffer();
  return Buffer.from(bytes);
}

/** Ada says yes to the follow request that reaches her inbox: the Accept carries what she was sent. */
export async function accepts(stage: Stage): Promise<void> {
  const { ada, here, remote } = stage;
  const follow = [...ada.received, ...remote.sharedReceived].find(({ json }) => json?.["type"] === "Follow");
  if (follow === undefined) throw new Error("no Follow has come");
  const accept = ada.activity("Accept", follow.json, { to: [(await here.account()).uri], cc: [] });
  await remote.send(ada, here.site.urls.sharedInbox, accept);
}

/** Whether a Follow has reached Ada. */
export function wasAsked({ ada, remote }: Stage): boolean {
  return [...ada.received, ...remote.sharedReceived].some(({ json }) => json?.["type"] === "Follow");
}
