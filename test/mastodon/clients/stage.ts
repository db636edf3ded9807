import sharp from "sharp";
import { startRemote, type Character, type FakeRemote } from "../../support/fake-remote.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { canLogIn } from "./consent.ts";

/** What an app's day needs: our site with clockwork and streams, a second site of ours, and a server of somebody else. */
export interface Stage {
  here: StartedApi;
  there: StartedApi;
  remote: FakeRemote;
  ada: Character;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const here = await startApi({
    clockwork: true,
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
  });
  here.fedi.attach(here.server);
  await canLogIn(here);
  const there = await startApi({ clockwork: true, accounts: [{ username: "bea", name: "Bea" }] });
  const remote = await startRemote();
  return {
    here,
    there,
    remote,
    ada: remote.character("ada"),
    async close() {
      await Promise.all([here.close(), there.close()]);
      await remote.close();
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
