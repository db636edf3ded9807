import { constants, sign, verify, type KeyObject, type SignKeyObjectInput } from "node:crypto";
import {
  isInnerList,
  parseDictionary,
  serializeInnerList,
  type Dictionary,
  type InnerList,
  type Item,
} from "structured-headers";
import { componentIdentifier, componentValue, type Component, type ComponentSource } from "./components.ts";
import { privateKey } from "./keys.ts";
import { malformed, type Parsed } from "./parsed.ts";

/** One signature of a message: what `Signature-Input` says under a label, and the bytes under the same label. */
export interface MessageSignature {
  label: string;
  components: Component[];
  /** The whole inner list with its parameters, for the last line of the base. */
  input: InnerList;
  keyId: string | undefined;
  algorithm: string | undefined;
  /** Seconds since 1970. */
  created: number | undefined;
  expires: number | undefined;
  signature: Buffer;
}

const LIMITS = { header: 8192, signatures: 4, components: 32, keyId: 2048 };

/**
 * Reads `Signature-Input` and `Signature` (RFC 9421 section 4) into the signatures they hold, in order. A label without
 * bytes fails, one more label in `Signature` than in `Signature-Input` is passed over.
 */
export function parseSignatureInput(
  inputHeader: string,
  signatureHeader: string,
): Parsed<MessageSignature[]> {
  if (inputHeader.length > LIMITS.header || signatureHeader.length > LIMITS.header) {
    return malformed("Signature-Input or Signature is too long");
  }
  let inputs: Dictionary;
  let signatures: Dictionary;
  try {
    inputs = parseDictionary(inputHeader);
    signatures = parseDictionary(signatureHeader);
  } catch {
    return malformed("Signature-Input or Signature is not a dictionary");
  }
  if (inputs.size === 0) return malformed("Signature-Input is empty");
  if (inputs.size > LIMITS.signatures) return malformed("there are too many signatures");
  const result: MessageSignature[] = [];
  for (const [label, input] of inputs) {
    if (!isInnerList(input)) return malformed(`${label} is not a list of components`);
    const member = signatures.get(label);
    const bytes: unknown = member !== undefined && !isInnerList(member) ? member[0] : undefined;
    if (!(bytes instanceof ArrayBuffer)) return malformed(`there are no bytes for ${label}`);
    const read = readInput(label, input, Buffer.from(bytes));
    if (!read.ok) return read;
    result.push(read.value);
  }
  return { ok: true, value: result };
}

function readInput(label: string, input: InnerList, signature: Buffer): Parsed<MessageSignature> {
  const [items, parameters] = input;
  if (items.length > LIMITS.components) return malformed(`${label} covers too much`);
  const components: Component[] = [];
  const seen = new Set<string>();
  for (const [name, itemParameters] of items) {
    if (typeof name !== "string" || name !== name.toLowerCase())
      return malformed(`${label} names no component`);
    const component = { name, parameters: itemParameters };
    const identifier = componentIdentifier(component);
    if (seen.has(identifier)) return malformed(`${label} covers ${name} twice`);
    seen.add(identifier);
    components.push(component);
  }
  const keyId: unknown = parameters.get("keyid");
  const algorithm: unknown = parameters.get("alg");
  const created: unknown = parameters.get("created");
  const expires: unknown = parameters.get("expires");
  if (keyId !== undefined && (typeof keyId !== "string" || keyId === "" || keyId.length > LIMITS.keyId)) {
    return malformed("keyid is not a text");
  }
  if (algorithm !== undefined && typeof algorithm !== "string") return malformed("alg is not a text");
  if (created !== undefined && !Number.isSafeInteger(created))
    return malformed("created is not a number of seconds");
  if (expires !== undefined && !Number.isSafeInteger(expires))
    return malformed("expires is not a number of seconds");
  return {
    ok: true,
    value: {
      label,
      components,
      input,
      keyId,
      algorithm,
      created: created as number | undefined,
      expires: expires as number | undefined,
      signature,
    },
  };
}

/** The text that was signed (section 2.5), or which component it cannot be built for. */
export function signatureBase(
  source: ComponentSource,
  signature: Pick<MessageSignature, "components" | "input">,
): Parsed<string> {
  const lines: string[] = [];
  for (const component of signature.components) {
    const value = componentValue(source, component);
    if (!value.ok) return value;
    // A newline in a value could forge a line of the base.
    if (/[\r\n]/.test(value.value)) return malformed(`${component.name} has a line break`);
    lines.push(`${componentIdentifier(component)}: ${value.value}`);
  }
  lines.push(`"@signature-params": ${serializeInnerList(signature.input)}`);
  return { ok: true, value: lines.join("\n") };
}

/** Names of section 6.2.2 that we verify. */
export type MessageAlgorithm = "rsa-v1_5-sha256" | "rsa-pss-sha512" | "ecdsa-p256-sha256" | "ed25519";

interface Method {
  keyTypes: string[];
  hash: string | null;
  options?: Omit<SignKeyObjectInput, "key">;
}

const METHODS: Record<MessageAlgorithm, Method> = {
  "rsa-v1_5-sha256": { keyTypes: ["rsa"], hash: "sha256" },
  "rsa-pss-sha512": {
    keyTypes: ["rsa", "rsa-pss"],
    hash: "sha512",
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 },
  },
  "ecdsa-p256-sha256": { keyTypes: ["ec"], hash: "sha256", options: { dsaEncoding: "ieee-p1363" } },
  ed25519: { keyTypes: ["ed25519"], hash: null },
};

export function isMessageAlgorithm(name: string): name is MessageAlgorithm {
  return Object.hasOwn(METHODS, name);
}

/** What a key signs with when `alg` is left out, as Mastodon does. */
export function defaultAlgorithm(key: KeyObject): MessageAlgorithm {
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  if (key.asymmetricKeyType === "ec") return "ecdsa-p256-sha256";
  if (key.asymmetricKeyType === "rsa-pss") return "rsa-pss-sha512";
  return "rsa-v1_5-sha256";
}

/** Do these bytes sign this base? False also when the key is of another kind than the algorithm. */
export function verifyBase(
  base: string,
  signature: Buffer,
  key: KeyObject,
  algorithm: MessageAlgorithm,
): boolean {
  const method = METHODS[algorithm];
  if (!method.keyTypes.includes(key.asymmetricKeyType ?? "")) return false;
  return verify(method.hash, Buffer.from(base), { key, ...method.options }, signature);
}

/** What is to be signed; everything that goes into the base is given. */
export interface MessageRequest {
  method: "GET" | "POST";
  url: URL;
  created: Date;
  keyId: string;
  privateKeyPem: string;
  /** Value of the Content-Digest header; a POST has one. */
  contentDigest?: string;
}

/**
 * Signs by RFC 9421 what Mastodon asks for: `@method`, `@target-uri` and, where there is a body, `content-digest`, with
 * `rsa-v1_5-sha256`. Gives the headers to send.
 */
export async function signRfc9421(request: MessageRequest): Promise<Record<string, string>> {
  const key = privateKey(request.privateKeyPem);
  const digest: Record<string, string> =
    request.contentDigest === undefined ? {} : { "content-digest": request.contentDigest };
  const names = ["@method", "@target-uri", ...Object.keys(digest)];
  const input: InnerList = [
    names.map((name): Item => [name, new Map<string, string>()]),
    new Map<string, string | number>([
      ["created", Math.floor(request.created.getTime() / 1000)],
      ["keyid", request.keyId],
      ["alg", "rsa-v1_5-sha256"],
    ]),
  ];
  const source: ComponentSource = {
    method: request.method,
    target: request.url.pathname + request.url.search,
    scheme: request.url.protocol === "https:" ? "https" : "http",
    authority: request.url.host,
    headers: digest,
  };
  const base = signatureBase(source, {
    components: names.map((name) => ({ name, parameters: new Map() })),
    input,
  });
  if (!base.ok) throw new Error(`The signature base cannot be built: ${base.detail}.`);
  const signature = await new Promise<Buffer>((resolve, reject) => {
    sign("sha256", Buffer.from(base.value), key, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
  return {
    ...digest,
    "signature-input": `sig1=${serializeInnerList(input)}`,
    signature: `sig1=:${signature.toString("base64")}:`,
  };
}
