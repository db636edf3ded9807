import type { JsonObject } from "./parse-json.ts";

export const ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams";

/**
 * The one context of everything we send. ActivityStreams is a plain string and comes first: Mastodon, Misskey and
 * Pixelfed look for exactly that and read no further; the terms after it are for those who expand JSON-LD.
 */
export const CONTEXT: readonly unknown[] = Object.freeze([
  ACTIVITYSTREAMS,
  "https://w3id.org/security/v1",
  {
    Hashtag: "as:Hashtag",
    sensitive: "as:sensitive",
    manuallyApprovesFollowers: "as:manuallyApprovesFollowers",
    movedTo: { "@id": "as:movedTo", "@type": "@id" },
    alsoKnownAs: { "@id": "as:alsoKnownAs", "@type": "@id" },
    toot: "http://joinmastodon.org/ns#",
    discoverable: "toot:discoverable",
    indexable: "toot:indexable",
    featured: { "@id": "toot:featured", "@type": "@id" },
    featuredTags: { "@id": "toot:featuredTags", "@type": "@id" },
    attributionDomains: { "@id": "toot:attributionDomains", "@type": "@id" },
    votersCount: "toot:votersCount",
    blurhash: "toot:blurhash",
    focalPoint: { "@id": "toot:focalPoint", "@container": "@list" },
    schema: "http://schema.org#",
    PropertyValue: "schema:PropertyValue",
    value: "schema:value",
    webfinger: "https://purl.archive.org/socialweb/webfinger#webfinger",
    dcterms: "http://purl.org/dc/terms/",
    gts: "https://gotosocial.org/ns#",
    interactionPolicy: { "@id": "gts:interactionPolicy", "@type": "@id" },
    canQuote: { "@id": "gts:canQuote", "@type": "@id" },
    automaticApproval: { "@id": "gts:automaticApproval", "@type": "@id" },
    interactingObject: { "@id": "gts:interactingObject", "@type": "@id" },
    interactionTarget: { "@id": "gts:interactionTarget", "@type": "@id" },
    QuoteRequest: "https://w3id.org/fep/044f#QuoteRequest",
    QuoteAuthorization: "https://w3id.org/fep/044f#QuoteAuthorization",
    quote: { "@id": "https://w3id.org/fep/044f#quote", "@type": "@id" },
    quoteAuthorization: { "@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id" },
    quoteUrl: { "@id": "as:quoteUrl", "@type": "@id" },
    quoteUri: "http://fedibird.com/ns#quoteUri",
    _misskey_quote: "https://misskey-hub.net/ns#_misskey_quote",
  },
]);

/** The document with our context in front. */
export function withContext(doc: JsonObject): JsonObject {
  return { "@context": CONTEXT, ...doc };
}
