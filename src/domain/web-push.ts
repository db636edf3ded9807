import type webPush from "web-push";

/** Needed where an app has asked for messages to a phone. */
export async function loadWebPush(): Promise<typeof webPush> {
  return (await import("web-push")).default;
}
