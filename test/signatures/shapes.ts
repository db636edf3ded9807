import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { keyPairFor } from "../support/remote-keys.ts";
import type { IncomingMessage } from "../../src/signatures/verify.ts";

/** How one kind of server writes its signatures. Signed here by node:crypto alone, so that it checks what we wrote. */
export interface Shape {
  server: string;
  method?: "GET" | "POST";
  /** What is signed, in this order. */
  signed: string[];
  /** Parameters before `headers`, written as they stand; `{created}` and `{expires}` are filled in. */
  parameters?: string[];
  /** Between the parameters. */
  separator?: string;
  /** `SHA-256`, `sha-256`: the name as the server writes it. */
  digestName?: string;
  /** Signs the target without its query. */
  withoutQuery?: boolean;
  target?: string;
  keyId?: string;
  headers?: Record<string, string>;
}

export const SITE = "https://blog.example";
export const NOW = new Date("2026-03-01T12:00:00Z");
const CREATED = Math.floor(NOW.getTime() / 1000);
export const BODY = Buffer.from(
  '{"type":"Like","actor":"https://there.example/users/mira","content":"\\u003cp\\u003e"}',
);
export const mira = keyPairFor("mira");

const RSA_SHA256 = ['algorithm="rsa-sha256"'];

/** Label sets and spellings, one row a server. */
export const SHAPES: Shape[] = [
  {
    server: "Mastodon",
    signed: ["(request-target)", "host", "date", "digest", "content-type"],
    parameters: RSA_SHA256,
  },
  {
    server: "Mastodon, fetching",
    method: "GET",
    signed: ["(request-target)", "host", "date", "accept"],
    parameters: RSA_SHA256,
  },
  {
    server: "Pleroma and Akkoma",
    signed: ["(request-target)", "content-length", "date", "digest", "host"],
    parameters: RSA_SHA256,
  },
  {
    server: "Pixelfed",
    signed: ["(request-target)", "host", "date", "digest", "content-type", "user-agent"],
    parameters: RSA_SHA256,
  },
  { server: "Misskey", signed: ["(request-target)", "date", "host", "digest"], parameters: RSA_SHA256 },
  { server: "PeerTube", signed: ["(request-target)", "host", "date", "digest"], parameters: RSA_SHA256 },
  { server: "WriteFreely", signed: ["(request-target)", "date", "host", "digest"], parameters: RSA_SHA256 },
  {
    server: "Plume",
    signed: ["(request-target)", "date", "digest", "host", "content-type"],
    parameters: RSA_SHA256,
  },
  {
    server: "GoToSocial",
    signed: ["(request-target)", "host", "date", "digest"],
    parameters: ['algorithm="hs2019"'],
    keyId: "https://there.example/users/mira/main-key",
  },
  {
    server: "GoToSocial, fetching a page of a collection",
    method: "GET",
    signed: ["(request-target)", "host", "date"],
    parameters: ['algorithm="hs2019"'],
    target: "/ap/accounts/blog/outbox?page=2",
  },
  {
    server: "GoToSocial, the same without the query",
    method: "GET",
    signed: ["(request-target)", "host", "date"],
    parameters: ['algorithm="hs2019"'],
    target: "/ap/accounts/blog/outbox?page=2",
    withoutQuery: true,
  },
  {
    server: "Lemmy",
    signed: ["(request-target)", "content-type", "date", "digest", "host"],
    parameters: ['algorithm="hs2019"'],
  },
  {
    server: "Friendica",
    signed: ["(request-target)", "date", "digest", "content-length", "host"],
    parameters: RSA_SHA256,
  },
  {
    server: "streams",
    signed: ["(request-target)", "date", "digest", "host"],
    parameters: RSA_SHA256,
    keyId: "https://there.example/channel/mira?operation=getkey",
  },
  {
    server: "Bridgy Fed",
    signed: ["date", "host", "digest", "(request-target)"],
    parameters: RSA_SHA256,
    digestName: "SHA-256",
  },
  {
    server: "Fedify, draft form",
    signed: ["(request-target)", "accept", "content-type", "date", "digest", "host"],
    parameters: RSA_SHA256,
    digestName: "sha-256",
  },
  {
    server: "Fedify with (created) and (expires) in quotes",
    signed: ["(request-target)", "(created)", "(expires)", "content-type", "date", "digest", "host"],
    parameters: ['algorithm="hs2019"', 'created="{created}"', 'expires="{expires}"'],
  },
  {
    server: "go-fed with numbers and no date",
    signed: ["(request-target)", "(created)", "host", "digest"],
    parameters: ['algorithm="hs2019"', "created={created}"],
  },
  { server: "one that names no algorithm", signed: ["(request-target)", "host", "date", "digest"] },
  {
    server: "one that puts blanks after commas",
    signed: ["(request-target)", "host", "date", "digest"],
    parameters: RSA_SHA256,
    separator: ", ",
  },
];

export interface Signing {
  privatePem?: string;
  hash?: string | null;
  body?: Buffer;
  /** Milliseconds that the sender's clock is ahead. */
  ahead?: number;
  /** Seconds from created to expires. */
  lifetime?: number;
  headers?: Record<string, string>;
}

/** A request as that server would send it to us. */
export function requestOf(shape: Shape, signing: Signing = {}): IncomingMessage {
  const method = shape.method ?? "POST";
  const target = shape.target ?? "/ap/accounts/blog/inbox";
  const body = method === "POST" ? (signing.body ?? BODY) : undefined;
  const created = CREATED + Math.floor((signing.ahead ?? 0) / 1000);
  const expires = created + (signing.lifetime ?? 3600);
  const headers: Record<string, string> = {
    host: "blog.example",
    date: new Date(NOW.getTime() + (signing.ahead ?? 0)).toUTCString(),
    accept: "application/activity+json",
    "user-agent": "there/1.0 (+https://there.example)",
  };
  if (body !== undefined) {
    headers["content-type"] = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
    headers["content-length"] = String(body.length);
    headers.digest = `${shape.digestName ?? "SHA-256"}=${createHash("sha256").update(body).digest("base64")}`;
  }
  Object.assign(headers, shape.headers, signing.headers);
  const signedTarget = shape.withoutQuery === true ? (target.split("?")[0] as string) : target;
  const lines = shape.signed.map((name) => {
    if (name === "(request-target)") return `${name}: ${method.toLowerCase()} ${signedTarget}`;
    if (name === "(created)") return `${name}: ${created}`;
    if (name === "(expires)") return `${name}: ${expires}`;
    return `${name}: ${headers[name]}`;
  });
  const key = createPrivateKey(signing.privatePem ?? mira.privatePem);
  const hash = signing.hash === undefined ? "sha256" : signing.hash;
  headers.signature = [
    `keyId="${shape.keyId ?? "https://there.example/users/mira#main-key"}"`,
    ...(shape.parameters ?? []).map((text) =>
      text.replace("{created}", `${created}`).replace("{expires}", `${expires}`),
    ),
    `headers="${shape.signed.join(" ")}"`,
    `signature="${sign(hash, Buffer.from(lines.join("\n")), key).toString("base64")}"`,
  ].join(shape.separator ?? ",");
  return { method, target, origins: [SITE], headers, body };
}

/** How one kind of server writes RFC 9421. */
export interface MessageShape {
  server: string;
  label: string;
  components: string[];
  /** Behind the list of components; `{created}` and `{expires}` are filled in. */
  parameters: string;
  digestName?: "sha-256" | "sha-512";
  ed25519?: boolean;
}

const ed25519 = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
export const miraEd25519 = { publicPem: ed25519.publicKey, privatePem: ed25519.privateKey };

const KEYID = 'keyid="https://there.example/users/mira#main-key"';

export const MESSAGE_SHAPES: MessageShape[] = [
  {
    server: "Mastodon, which names no algorithm",
    label: "sig1",
    components: ["@method", "@target-uri", "content-digest"],
    parameters: `;created={created};${KEYID}`,
  },
  {
    server: "Fedify",
    label: "sig1",
    components: ["@method", "@target-uri", "@authority", "host", "date", "content-digest"],
    parameters: `;alg="rsa-v1_5-sha256";${KEYID};created={created}`,
  },
  {
    server: "WordPress",
    label: "wp",
    components: ["@method", "@target-uri", "@authority", "content-digest"],
    parameters: `;created={created};expires={expires};${KEYID};alg="rsa-v1_5-sha256"`,
  },
  {
    server: "tootik with an Ed25519 key",
    label: "sig1",
    components: ["@method", "@target-uri", "content-type", "content-digest"],
    parameters: `;created={created};${KEYID};alg="ed25519"`,
    ed25519: true,
  },
  {
    server: "an Ed25519 key with no algorithm named",
    label: "sig1",
    components: ["@method", "@target-uri", "content-digest"],
    parameters: `;created={created};${KEYID}`,
    ed25519: true,
  },
  {
    server: "one that signs path, authority and SHA-512",
    label: "a",
    components: ["@authority", "@path", "@query", "@method", "content-digest"],
    parameters: `;${KEYID};created={created};nonce="abc";tag="x"`,
    digestName: "sha-512",
  },
  {
    server: "one that signs the request target and Host, dated by the header",
    label: "a",
    components: ["@method", "@request-target", "host", "date", "content-digest"],
    parameters: `;${KEYID}`,
  },
];

/** A POST of that shape to an inbox of ours. */
export function messageRequestOf(shape: MessageShape): IncomingMessage {
  const name = shape.digestName ?? "sha-256";
  const digest = createHash(name.replace("-", "")).update(BODY).digest("base64");
  const target = "/ap/accounts/blog/inbox";
  const headers: Record<string, string> = {
    host: "blog.example",
    date: NOW.toUTCString(),
    "content-type": "application/activity+json",
    "content-digest": `${name}=:${digest}:`,
  };
  const derived: Record<string, string> = {
    "@method": "POST",
    "@target-uri": SITE + target,
    "@authority": "blog.example",
    "@request-target": target,
    "@path": target,
    "@query": "?",
  };
  const list = shape.components.map((component) => `"${component}"`).join(" ");
  const times = shape.parameters
    .replace("{created}", String(CREATED))
    .replace("{expires}", String(CREATED + 3600));
  const input = `(${list})${times}`;
  const base = [
    ...shape.components.map((component) => `"${component}": ${derived[component] ?? headers[component]}`),
    `"@signature-params": ${input}`,
  ].join("\n");
  const pair = shape.ed25519 === true ? miraEd25519 : mira;
  const bytes = sign(shape.ed25519 === true ? null : "sha256", Buffer.from(base), pair.privatePem);
  headers["signature-input"] = `${shape.label}=${input}`;
  headers.signature = `${shape.label}=:${bytes.toString("base64")}:`;
  return { method: "POST", target, origins: [SITE], headers, body: BODY };
}
