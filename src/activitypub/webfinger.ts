import { Router } from "express";
import type { ActorRow } from "../database/rows.ts";
import { localAccount, siteActor } from "../domain/accounts.ts";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { normaliseUrl } from "../support/urls.ts";
import { profileNamed } from "./profile-urls.ts";
import { BadRequest } from "./errors.ts";
import { queryOf } from "./params.ts";
import { getOnly } from "./reading.ts";
import { actorVersion, USERNAME } from "./actor-document.ts";
import { documentsOf } from "./document-cache.ts";
import { send } from "./respond.ts";

const JRD = "application/jrd+json; charset=utf-8";
const LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';

/** `/.well-known/webfinger` (RFC 7033): from a handle, an id or a profile page to the actor, and back. */
export function webfingerRoutes(site: Site): Router {
  const router = Router();
  getOnly(router)("/.well-known/webfinger", async (request, response) => {
    const query = queryOf(request);
    const resource = query.get("resource");
    if (resource === null || resource === "")
      throw new BadRequest("Say whom you look for: ?resource=acct:user@host", "no-resource");
    if (resource.length > LIMITS.urlLength)
      throw new BadRequest("This resource is too long.", "resource-too-long");
    const rels = new Set(query.getAll("rel").slice(0, 20));
    const document = await documentsOf(site).get(
      `webfinger ${JSON.stringify([resource, ...rels])}`,
      async () => {
        const actor = await whoIs(site, resource);
        if (!actor) throw new NotFound("There is nobody of this name here.");
        return { version: actorVersion(actor), type: JRD, compose: () => describe(site, actor, rels) };
      },
    );
    send(request, response, document, { vary: "Origin" });
  });
  return router;
}

async function whoIs(site: Site, resource: string): Promise<ActorRow | null> {
  const { urls } = site;
  const handle = /^(?:acct:)?@?([^@/:?#]+(?::\d+)?)@([^@/?#]+)$/i.exec(resource);
  if (handle) {
    const [, name = "", host = ""] = handle;
    if (!isOurHost(site, host)) return null;
    if (isOurHost(site, name)) return siteActor(site);
    return USERNAME.test(name) ? localAccount(site, name) : null;
  }
  const url = normaliseUrl(resource);
  if (url === undefined) return null;
  // FEP-d556: the server itself, by its bare address.
  if (url === urls.origin || url === urls.siteActor) return siteActor(site);
  const name = profileNamed(site, url);
  return name === undefined ? null : localAccount(site, name);
}

/** Is this our host, in whatever case, with or without the default port? */
function isOurHost(site: Site, host: string): boolean {
  const { protocol, host: own } = new URL(site.urls.origin);
  const url = `${protocol}//${host}`;
  return URL.canParse(url) && new URL(url).host === own;
}

/** `subject` and the link to `self` must lead to each other: Mastodon goes round in a circle and refuses on a mismatch. */
function describe(site: Site, actor: ActorRow, rels: ReadonlySet<string>): object {
  const { urls } = site;
  const isSite = actor.uri === urls.siteActor;
  const links = [
    { rel: "self", type: "application/activity+json", href: actor.uri },
    { rel: "self", type: LD_JSON, href: actor.uri },
    { rel: "http://webfinger.net/rel/profile-page", type: "text/html", href: actor.url },
    ...(actor.icon
      ? [
          {
            rel: "http://webfinger.net/rel/avatar",
            ...(actor.icon.mediaType === undefined ? {} : { type: actor.icon.mediaType }),
            href: actor.icon.url,
          },
        ]
      : []),
    ...(isSite
      ? []
      : [
          {
            rel: "http://ostatus.org/schema/1.0/subscribe",
            template: `${urls.origin}/fediverse/interact?uri={uri}`,
          },
        ]),
  ];
  return {
    subject: `acct:${actor.username}@${urls.host}`,
    aliases: [...new Set([actor.url, actor.uri])],
    links: rels.size === 0 ? links : links.filter((link) => rels.has(link.rel)),
  };
}
