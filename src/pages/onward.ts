import { hostOf } from "../support/urls.ts";

/** What the visitor wants to do on their own server. */
export type Intent = "follow" | "reply" | "boost" | "like";

/** What a server said about the visitor's account (remote/webfinger.ts); every text in it is a stranger's. */
export interface Directions {
  actors: readonly { uri: string }[];
  subscribeTemplate?: string;
  intents?: readonly { rel: string; template: string }[];
}

/** Names of FEP-3b86, best first, each with the place that takes the id; `Object` only opens what it is given. */
const INTENT_NAMES: Record<Intent, [name: string, place: string][]> = {
  follow: [
    ["follow", "object"],
    ["object", "object"],
  ],
  // A `Create` that takes no `inReplyTo` would open a new post that answers nothing.
  reply: [
    ["create", "inReplyTo"],
    ["object", "object"],
  ],
  boost: [
    ["announce", "object"],
    ["object", "object"],
  ],
  like: [
    ["like", "object"],
    ["object", "object"],
  ],
};
/** Templates of servers are short; a long one is no template. */
const TEMPLATE_LENGTH = 1000;

/**
 * The address on the visitor's own server where they go on, or `undefined` where it names none we would send them to:
 * https, without credentials, on the host of the handle, below it, or on the host that the handle's account lives on.
 *
 * @param handleHost the host in the handle that was typed.
 * @param uri id of the account or post they want.
 * @param options.insecure http is fine, too: development and tests.
 */
export function onwardUrl(
  directions: Directions,
  handleHost: string,
  intent: Intent,
  uri: string,
  options: { insecure?: boolean } = {},
): string | undefined {
  // Accounts may live on another host than their handle names: social.example.org for @anna@example.org.
  const hosts = [handleHost, ...directions.actors.map((actor) => hostOf(actor.uri) ?? handleHost)];
  return templatesFor(directions, intent)
    .map(([template, place]) => filled(template, place, uri, hosts, options.insecure === true))
    .find((url) => url !== undefined);
}

function templatesFor(directions: Directions, intent: Intent): [template: string, place: string][] {
  const intents = INTENT_NAMES[intent].flatMap(([name, place]) =>
    (directions.intents ?? [])
      .filter((link) => link.rel.toLowerCase().endsWith(`/${name}`))
      .map((link): [string, string] => [link.template, place]),
  );
  return directions.subscribeTemplate === undefined
    ? intents
    : [...intents, [directions.subscribeTemplate, "uri"]];
}

function filled(
  template: string,
  place: string,
  uri: string,
  hosts: readonly string[],
  insecure: boolean,
): string | undefined {
  if (template.length > TEMPLATE_LENGTH || !template.includes(`{${place}}`)) return undefined;
  // What else it asks for, such as where to come back to, the server does without.
  const text = template.replace(/\{([A-Za-z-]+)\}/g, (_, name: string) =>
    name === place ? encodeURIComponent(uri) : "",
  );
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "https:" && !(insecure && url.protocol === "http:")) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  const belongs = hosts.some((host) => url.host === host || url.host.endsWith(`.${host}`));
  return belongs ? url.href : undefined;
}
