import { createHash, createSign } from "node:crypto";
import { request } from "node:http";

/**
 * Signing and sending by hand, with node:crypto alone: it shares nothing with src/signatures, so that it checks them.
 * Every part can be spoilt, for the spoiled twins of good requests.
 */
export interface Spoil {
  /** Another key id in the header. */
  keyId?: string;
  /** Another key to sign with. */
  privatePem?: string;
  date?: Date;
  /** The Host header as sent and signed. */
  host?: string;
  /** The Digest header; null leaves it out. */
  digest?: string | null;
  contentType?: string;
  /** Names of what is signed, in order. */
  signed?: string[];
  /** The `algorithm` parameter; null leaves it out. */
  algorithm?: string | null;
  /** `(created)` and `(expires)`, in seconds; list them in `signed` too. */
  created?: number;
  expires?: number;
  /** The target in the signed text, where it shall differ from the real one. */
  target?: string;
  /** Sends no Signature header at all. */
  unsigned?: boolean;
  /** Replaces the body after it was signed. */
  bodyAfterSigning?: string | Buffer;
  /** Set last, signed or not. */
  headers?: Record<string, string>;
  /** Signs by RFC 9421 instead. */
  scheme?: "cavage" | "rfc9421";
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** The body read as JSON, or undefined. */
  json: Record<string, unknown> | undefined;
}

const SIGNED = ["(request-target)", "host", "date", "digest", "content-type"];

/** The headers of a POST of `body` to `url`, signed. */
export function signedHeaders(
  url: URL,
  body: Buffer,
  key: { keyId: string; privatePem: string },
  spoil: Spoil = {},
): Record<string, string> {
  const keyId = spoil.keyId ?? key.keyId;
  const privatePem = spoil.privatePem ?? key.privatePem;
  const digest = createHash("sha256").update(body).digest("base64");
  const headers: Record<string, string> = {
    host: spoil.host ?? url.host,
    date: (spoil.date ?? new Date()).toUTCString(),
    "content-type": spoil.contentType ?? "application/activity+json",
  };
  if (spoil.digest !== null) headers.digest = spoil.digest ?? `SHA-256=${digest}`;
  if (spoil.unsigned === true) return headers;
  const rsa = (text: string): string => createSign("sha256").update(text).sign(privatePem, "base64");
  if (spoil.scheme === "rfc9421") {
    headers["content-digest"] = `sha-256=:${digest}:`;
    const created = spoil.created ?? Math.floor((spoil.date ?? new Date()).getTime() / 1000);
    const input = `("@method" "@target-uri" "content-digest");created=${created};keyid="${keyId}";alg="rsa-v1_5-sha256"`;
    const base = [
      `"@method": POST`,
      `"@target-uri": ${url.href}`,
      `"content-digest": ${headers["content-digest"]}`,
      `"@signature-params": ${input}`,
    ].join("\n");
    headers["signature-input"] = `sig1=${input}`;
    headers.signature = `sig1=:${rsa(base)}:`;
    return headers;
  }
  const names = spoil.signed ?? SIGNED;
  const lines = names.map((name) => {
    if (name === "(request-target)") return `${name}: post ${spoil.target ?? url.pathname + url.search}`;
    if (name === "(created)") return `${name}: ${spoil.created}`;
    if (name === "(expires)") return `${name}: ${spoil.expires}`;
    return `${name}: ${headers[name] ?? ""}`;
  });
  headers.signature = [
    `keyId="${keyId}"`,
    ...(spoil.algorithm === null ? [] : [`algorithm="${spoil.algorithm ?? "rsa-sha256"}"`]),
    ...(spoil.created === undefined ? [] : [`created=${spoil.created}`]),
    ...(spoil.expires === undefined ? [] : [`expires=${spoil.expires}`]),
    `headers="${names.join(" ")}"`,
    `signature="${rsa(lines.join("\n"))}"`,
  ].join(",");
  return headers;
}

/**
 * Posts over real HTTP.
 * @param connectTo origin that is really called, where `url` names a site that stands elsewhere for the test.
 */
export function post(
  url: URL,
  body: Buffer,
  headers: Record<string, string>,
  connectTo: string = url.origin,
): Promise<Answer> {
  const target = new URL(connectTo);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        method: "POST",
        host: target.hostname,
        port: target.port,
        path: url.pathname + url.search,
        headers: { "content-length": String(body.length), ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text,
            json: jsonOf(text),
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
