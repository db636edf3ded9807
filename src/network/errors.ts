import { FediverseError } from "../support/errors.ts";

/** What went wrong on the way to another server and back. */
export type NetworkErrorCode =
  | "bad-url"
  | "forbidden-scheme"
  | "forbidden-port"
  | "forbidden-address"
  | "dns"
  | "refused"
  | "tls"
  | "timeout"
  | "reset"
  | "too-large"
  | "too-many-redirects"
  | "bad-redirect"
  | "bad-encoding"
  | "bad-answer"
  | "aborted"
  | "closed";

const TEXTS: Record<NetworkErrorCode, (host: string) => string> = {
  "bad-url": (host) => `${host} is not an address that can be fetched.`,
  "forbidden-scheme": (host) => `${host} can only be reached by https.`,
  "forbidden-port": (host) => `${host} can only be reached at the port of https.`,
  "forbidden-address": (host) => `${host} is not on the public internet.`,
  dns: (host) => `The name ${host} cannot be resolved.`,
  refused: (host) => `${host} does not accept connections.`,
  tls: (host) => `No secure connection to ${host} can be made.`,
  timeout: (host) => `${host} took too long to answer.`,
  reset: (host) => `${host} broke off the connection.`,
  "too-large": (host) => `${host} answered with more than we take.`,
  "too-many-redirects": (host) => `${host} redirected too often.`,
  "bad-redirect": (host) => `${host} redirected to where we do not follow.`,
  "bad-encoding": (host) => `The answer of ${host} cannot be decompressed.`,
  "bad-answer": (host) => `${host} did not answer in proper HTTP.`,
  aborted: (host) => `The request to ${host} was called off.`,
  closed: () => "The site is shutting down.",
};

/** These may pass by themselves; the others are the same tomorrow. */
const RETRYABLE = new Set<NetworkErrorCode>([
  "dns",
  "refused",
  "tls",
  "timeout",
  "reset",
  "aborted",
  "closed",
]);

/**
 * A request that got no usable answer. The message names the host that was asked for and nothing else: not the address
 * it resolved to, and not the system's own words, which are in `cause`.
 */
export class NetworkError extends FediverseError {
  declare readonly code: NetworkErrorCode;
  /** May the same request succeed later? */
  readonly retryable: boolean;

  constructor(code: NetworkErrorCode, host: string, cause?: unknown) {
    super(TEXTS[code](host), { code, status: code === "timeout" ? 504 : 502, cause });
    this.retryable = RETRYABLE.has(code);
  }
}

const CODES: Record<string, NetworkErrorCode> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ENODATA: "dns",
  ESERVFAIL: "dns",
  EREFUSED: "dns",
  ETIMEOUT: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EHOSTDOWN: "refused",
  EADDRNOTAVAIL: "refused",
  EACCES: "refused",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_HEADERS_OVERFLOW: "too-large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "bad-answer",
  UND_ERR_INVALID_ARG: "bad-url",
  UND_ERR_CLOSED: "closed",
  UND_ERR_DESTROYED: "closed",
  EPROTO: "tls",
};
const TLS =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|CRL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** Any failure below us as one of ours. */
export function asNetworkError(error: unknown, host: string): NetworkError {
  if (error instanceof NetworkError) return error;
  const code = codeOf(error);
  const known = CODES[code];
  if (known !== undefined) return new NetworkError(known, host, error);
  if (code.startsWith("EAI_")) return new NetworkError("dns", host, error);
  if (code.startsWith("HPE_")) return new NetworkError("bad-answer", host, error);
  if (TLS.test(code)) return new NetworkError("tls", host, error);
  return new NetworkError("bad-answer", host, error);
}

/** With several addresses Node reports an AggregateError, whose code is of the last one, or missing. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[errors.length - 1]) : "";
}
