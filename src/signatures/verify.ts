import { verify, type KeyObject } from "node:crypto";
import { LIMITS } from "../support/limits.ts";
import { cavageSigningString, parseCavage, type CavageParameters } from "./cavage.ts";
import { headerValue, type HeaderMap } from "./headers.ts";
import { KeyError, publicKey, type KeyOptions } from "./keys.ts";
import {
  checkDigests,
  checkHost,
  checkTimes,
  refuse,
  type IncomingMessage,
  type Refusal,
  type VerifyReason,
} from "./requirements.ts";
import {
  defaultAlgorithm,
  isMessageAlgorithm,
  parseSignatureInput,
  signatureBase,
  verifyBase,
  type MessageSignature,
} from "./rfc9421.ts";

export type { IncomingMessage, VerifyReason };

/** A signature that stands up to everything that can be checked without its key. */
export type ParsedSignature =
  | { scheme: "cavage"; keyId: string; parameters: CavageParameters }
  | { scheme: "rfc9421"; keyId: string; parameters: MessageSignature };

export interface ReadOptions {
  now: Date;
  /** Milliseconds that the sender's clock may be off. Default one hour, as Mastodon's. */
  skew?: number;
}

export type ReadResult = { ok: true; signature: ParsedSignature } | Refusal;
export type VerifyResult = { ok: true } | Refusal;

/** Node stops at 16 KiB of headers, another server in front of us may not. */
const MAXIMUM_HEADERS = { count: 200, characters: 64 * 1024 };

/**
 * Finds the signature of a request and checks all that needs no key: that it covers method, target, host, time and body,
 * that the host is ours, the time near, the digest that of the body. Cheapest first; the first fault is the answer.
 *
 * RFC 9421 is read where `Signature-Input` is; a sender of both forms at once (two `Signature` lines) is read by its
 * RFC 9421 one, and by its Cavage one when only that can be read.
 */
export function readSignature(message: IncomingMessage, options: ReadOptions): ReadResult {
  if (!isOfSaneSize(message.headers)) return refuse("malformed", "The request's headers are too large.");
  const header = headerValue(message.headers, "signature");
  if (header === undefined || header === "") return refuse("no-signature", "The request is not signed.");
  const input = headerValue(message.headers, "signature-input");
  if (input === undefined) return readCavage(message, header, options);
  const parsed = parseSignatureInput(input, header);
  if (parsed.ok) return readRfc9421(message, parsed.value, options);
  const cavage = parseCavage(header);
  return cavage.ok ? readCavage(message, header, options) : refuse("malformed", sentence(parsed.detail));
}

/**
 * Checks the signature with its key. `publicKeyPem` is what the key's owner publishes under `keyId`; whether that owner
 * may send this message is the caller's to judge. Never throws.
 */
export async function verifySignature(
  message: IncomingMessage,
  signature: ParsedSignature,
  publicKeyPem: string,
  options: KeyOptions = {},
): Promise<VerifyResult> {
  let key: KeyObject;
  try {
    key = publicKey(publicKeyPem, options);
  } catch (error) {
    if (error instanceof KeyError) return refuse("bad-key", error.message);
    throw error;
  }
  return signature.scheme === "cavage"
    ? verifyCavage(message, signature.parameters, key)
    : verifyRfc9421(message, signature.parameters, key);
}

const CAVAGE_ALGORITHMS = new Set([undefined, "hs2019", "rsa-sha256", "rsa-sha512", "ed25519"]);

function readCavage(message: IncomingMessage, header: string, options: ReadOptions): ReadResult {
  const parsed = parseCavage(header);
  if (!parsed.ok) return refuse("malformed", sentence(parsed.detail));
  const parameters = parsed.value;
  if (!CAVAGE_ALGORITHMS.has(parameters.algorithm)) {
    return refuse(
      "unsupported-algorithm",
      `The algorithm ${parameters.algorithm} is not taken; rsa-sha256 is.`,
    );
  }
  const signed = (name: string): boolean => parameters.headers.includes(name);
  for (const name of ["(request-target)", "host"]) {
    if (!signed(name)) return refuse("weak", `${name} is not signed.`);
  }
  if (!signed("date") && !signed("(created)")) return refuse("weak", "Neither date nor (created) is signed.");
  const host = checkHost(message);
  if (!host.ok) return host;
  const date = headerValue(message.headers, "date");
  if (signed("date") && date === undefined)
    return refuse("date-missing", "The Date header is signed and not there.");
  const fault =
    checkTimes(
      {
        date: signed("date") ? Date.parse(date ?? "") : undefined,
        created: signed("(created)") ? seconds(parameters.created) : undefined,
        expires: seconds(parameters.expires),
      },
      options.now,
      options.skew ?? LIMITS.signatureSkew,
    ) ?? checkDigests(message, signed);
  if (fault !== undefined) return fault;
  const text = cavageSigningString(message, parameters);
  if (!text.ok) return refuse("malformed", `${text.detail} is signed and not there.`);
  return { ok: true, signature: { scheme: "cavage", keyId: parameters.keyId, parameters } };
}

function verifyCavage(message: IncomingMessage, parameters: CavageParameters, key: KeyObject): VerifyResult {
  const { algorithm, signature } = parameters;
  const type = key.asymmetricKeyType;
  // hs2019 and no algorithm mean that the key decides; with RSA everybody then uses SHA-256, whatever the draft says.
  const named =
    algorithm === undefined || algorithm === "hs2019"
      ? type
      : algorithm.startsWith("rsa-")
        ? "rsa"
        : algorithm;
  if (named !== type || (type !== "rsa" && type !== "ed25519")) {
    return refuse(
      "unsupported-algorithm",
      `The key is of the type ${type}, the algorithm ${algorithm ?? "not given"}.`,
    );
  }
  const hash = type === "ed25519" ? null : algorithm === "rsa-sha512" ? "sha512" : "sha256";
  const question = message.target.indexOf("?");
  // GoToSocial and others leave the query out of the target they sign; Mastodon accepts both too.
  const targets = question < 0 ? [message.target] : [message.target, message.target.slice(0, question)];
  for (const target of targets) {
    const text = cavageSigningString({ ...message, target }, parameters);
    if (text.ok && verify(hash, Buffer.from(text.value), key, signature)) return { ok: true };
  }
  return refuse("bad-signature", "The signature does not fit the request and the key.");
}

/** Of several signatures the first that can be taken counts; when none can, the answer is about the first. */
function readRfc9421(
  message: IncomingMessage,
  signatures: MessageSignature[],
  options: ReadOptions,
): ReadResult {
  let first: Refusal | undefined;
  for (const signature of signatures) {
    const result = readMessageSignature(message, signature, options);
    if (result.ok) return result;
    first ??= result;
  }
  return first ?? refuse("no-signature", "The request is not signed.");
}

function readMessageSignature(
  message: IncomingMessage,
  parameters: MessageSignature,
  options: ReadOptions,
): ReadResult {
  const { keyId, algorithm } = parameters;
  if (keyId === undefined) return refuse("malformed", "The signature has no keyid.");
  if (algorithm !== undefined && !isMessageAlgorithm(algorithm)) {
    return refuse("unsupported-algorithm", `The algorithm ${algorithm} is not taken; rsa-v1_5-sha256 is.`);
  }
  // A component with parameters covers less than the whole field (;key) or something else (;req).
  const plain = new Set(parameters.components.filter((c) => c.parameters.size === 0).map((c) => c.name));
  const covers = (...names: string[]): boolean => names.some((name) => plain.has(name));
  if (!covers("@method")) return refuse("weak", "@method is not signed.");
  if (!covers("@target-uri", "@request-target", "@path")) return refuse("weak", "@target-uri is not signed.");
  if (!covers("@target-uri", "@authority", "host")) return refuse("weak", "@authority is not signed.");
  if (parameters.created === undefined && !covers("date")) {
    return refuse("weak", "Neither created nor date is signed.");
  }
  const host = checkHost(message);
  if (!host.ok) return host;
  const date = headerValue(message.headers, "date");
  if (covers("date") && date === undefined)
    return refuse("date-missing", "The Date header is signed and not there.");
  const fault =
    checkTimes(
      {
        date: covers("date") ? Date.parse(date ?? "") : undefined,
        created: milliseconds(parameters.created),
        expires: milliseconds(parameters.expires),
      },
      options.now,
      options.skew ?? LIMITS.signatureSkew,
    ) ?? checkDigests(message, (name) => covers(name));
  if (fault !== undefined) return fault;
  const base = signatureBase(host.source, parameters);
  if (!base.ok) return refuse("malformed", sentence(base.detail));
  return { ok: true, signature: { scheme: "rfc9421", keyId, parameters } };
}

function verifyRfc9421(message: IncomingMessage, parameters: MessageSignature, key: KeyObject): VerifyResult {
  const host = checkHost(message);
  if (!host.ok) return host;
  const base = signatureBase(host.source, parameters);
  if (!base.ok) return refuse("malformed", sentence(base.detail));
  const algorithm = parameters.algorithm ?? defaultAlgorithm(key);
  if (isMessageAlgorithm(algorithm) && verifyBase(base.value, parameters.signature, key, algorithm)) {
    return { ok: true };
  }
  return refuse("bad-signature", "The signature does not fit the request and the key.");
}

function isOfSaneSize(headers: HeaderMap): boolean {
  const names = Object.keys(headers);
  if (names.length > MAXIMUM_HEADERS.count) return false;
  let characters = 0;
  for (const name of names) {
    const value = headers[name];
    characters += name.length;
    if (typeof value === "string") characters += value.length;
    else for (const line of value ?? []) characters += line.length;
  }
  return characters <= MAXIMUM_HEADERS.characters;
}

function seconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text) * 1000;
}

function milliseconds(count: number | undefined): number | undefined {
  return count === undefined ? undefined : count * 1000;
}

/** A parser's remark as a sentence. */
function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}
