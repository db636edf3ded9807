import { sign } from "node:crypto";
import type httpSignature from "http-signature";
import { onDemand } from "../support/on-demand.ts";
import { headerValue, type HeaderMap } from "./headers.ts";
import { privateKey } from "./keys.ts";
import { malformed, type Parsed } from "./parsed.ts";

/** Signs what is sent; who only answers never needs it. */
const library = onDemand<typeof httpSignature>("http-signature");

/** What is to be signed. Everything that goes into the text is given, so that the result depends on nothing else. */
export interface CavageRequest {
  method: "GET" | "POST";
  url: URL;
  /** Goes into the Date header. */
  date: Date;
  /** The `publicKey.id` of the actor that signs. */
  keyId: string;
  privateKeyPem: string;
  /** Value of the Digest header; a POST has one. */
  digest?: string;
  /** Value of the Content-Type header; a POST has one. */
  contentType?: string;
  /** Leaves the query out of the signed target: GoToSocial accepts and sometimes wants it so. */
  withoutQuery?: boolean;
}

/**
 * Signs by draft-cavage-http-signatures-12 in the one form that every server reads (Pixelfed and Plume split the header
 * at commas and trim nothing, PeerTube takes `hs2019` for SHA-512): `rsa-sha256`, one header, no blanks after commas.
 * Gives the headers to send: host, date, digest, content-type, signature.
 */
export async function signCavage(request: CavageRequest): Promise<Record<string, string>> {
  const { url, keyId } = request;
  const key = privateKey(request.privateKeyPem);
  const headers: Record<string, string> = { host: url.host, date: request.date.toUTCString() };
  if (request.digest !== undefined) headers.digest = request.digest;
  if (request.contentType !== undefined) headers["content-type"] = request.contentType;

  const signer = library().createSigner({
    sign(data, callback) {
      // With a callback crypto.sign runs on the thread pool; http-signature's own way would sign on the event loop and
      // read the PEM anew each time.
      sign("sha256", Buffer.from(data), key, (error, signature) => {
        if (error) callback(error);
        else {
          callback(null, {
            keyId,
            algorithm: "rsa-sha256",
            headers: [],
            signature: signature.toString("base64"),
          });
        }
      });
    },
  });
  signer.writeTarget(
    request.method,
    request.withoutQuery === true ? url.pathname : url.pathname + url.search,
  );
  for (const name in headers) signer.writeHeader(name, headers[name] as string);

  headers.signature = await new Promise<string>((resolve, reject) => {
    signer.sign((error: Error | null, authorization) => {
      if (error) reject(error);
      // It builds the value of an Authorization header; the fediverse wants it without the scheme.
      else resolve(authorization.replace(/^Signature /, ""));
    });
  });
  return headers;
}

/** What a Cavage `Signature` header says. */
export interface CavageParameters {
  keyId: string;
  /** In lower case; left out by some. Since draft 12 only a hint: the kind of the key decides. */
  algorithm: string | undefined;
  /** Names in lower case, in the sender's order. */
  headers: string[];
  signature: Buffer;
  /** As written, since it is part of the signed text. */
  created: string | undefined;
  expires: string | undefined;
}

const LIMITS = { header: 8192, parameters: 16, headers: 32, keyId: 2048 };
const PARAMETER =
  /[\s,]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?=,|$)/y;

/**
 * Reads a Cavage `Signature` header as all the senders write it, where http-signature throws: `hs2019`, no algorithm,
 * blanks after commas, numbers with and without quotes. A parameter given twice is refused, since two readers could
 * disagree about which one counts.
 */
export function parseCavage(header: string): Parsed<CavageParameters> {
  if (header.length > LIMITS.header) return malformed("the Signature header is too long");
  const parameters = new Map<string, string>();
  const text = header.trim().replace(/^Signature\s+/i, "");
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < text.length) {
    const start = PARAMETER.lastIndex;
    const match = PARAMETER.exec(text);
    if (match === null) {
      if (/^[\s,]*$/.test(text.slice(start))) break;
      return malformed(`the Signature header cannot be read from character ${start} on`);
    }
    const name = (match[1] as string).toLowerCase();
    if (parameters.has(name)) return malformed(`the Signature header has ${name} twice`);
    if (parameters.size >= LIMITS.parameters)
      return malformed("the Signature header has too many parameters");
    parameters.set(name, match[2]?.replace(/\\(.)/g, "$1") ?? (match[3] as string));
  }
  return interpret(parameters);
}

function interpret(parameters: Map<string, string>): Parsed<CavageParameters> {
  const keyId = parameters.get("keyid");
  if (keyId === undefined || keyId === "") return malformed("the Signature header has no keyId");
  if (keyId.length > LIMITS.keyId) return malformed("the keyId is too long");
  const encoded = parameters.get("signature") ?? "";
  const signature = Buffer.from(encoded, "base64");
  if (signature.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    return malformed("the Signature header has no signature in base64");
  }
  const created = parameters.get("created");
  if (created !== undefined && !/^\d{1,12}$/.test(created))
    return malformed("created is not a number of seconds");
  const expires = parameters.get("expires");
  if (expires !== undefined && !/^\d{1,12}(\.\d{1,9})?$/.test(expires)) {
    return malformed("expires is not a number of seconds");
  }
  const headers = (parameters.get("headers") ?? (created === undefined ? "date" : "(created)"))
    .toLowerCase()
    .split(" ")
    .filter((name) => name !== "");
  if (headers.length === 0) return malformed("the list of signed headers is empty");
  if (headers.length > LIMITS.headers) return malformed("the list of signed headers is too long");
  if (new Set(headers).size < headers.length)
    return malformed("a header stands twice in the list of signed ones");
  const algorithm = parameters.get("algorithm")?.toLowerCase();
  return { ok: true, value: { keyId, algorithm, headers, signature, created, expires } };
}

/**
 * The text that was signed (section 2.3 of the draft). `target` is path and query as the client sent them. Fails with the
 * name of what is listed and not there.
 */
export function cavageSigningString(
  message: { method: string; target: string; headers: HeaderMap },
  parameters: Pick<CavageParameters, "headers" | "created" | "expires">,
): Parsed<string> {
  const lines: string[] = [];
  for (const name of parameters.headers) {
    let value: string | undefined;
    if (name === "(request-target)") value = `${message.method.toLowerCase()} ${message.target}`;
    else if (name === "(created)") value = parameters.created;
    else if (name === "(expires)") value = parameters.expires;
    else value = headerValue(message.headers, name);
    if (value === undefined) return malformed(name);
    lines.push(`${name}: ${value}`);
  }
  return { ok: true, value: lines.join("\n") };
}
