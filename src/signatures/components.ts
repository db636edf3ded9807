import {
  isInnerList,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  type Parameters,
} from "structured-headers";
import { headerLines, headerValue, type HeaderMap } from "./headers.ts";
import { malformed, type Malformed, type Parsed } from "./parsed.ts";

/** The message as RFC 9421 looks at it. */
export interface ComponentSource {
  method: string;
  /** Path and query as the client sent them. */
  target: string;
  scheme: "https" | "http";
  /** Host in lower case, with the port unless it is the scheme's own. */
  authority: string;
  headers: HeaderMap;
  /** Of a response; a request has none. */
  status?: number;
}

/** One covered component: a field name or a derived one (`@method`), with its parameters. */
export interface Component {
  name: string;
  parameters: Parameters;
}

/** Fields known to be dictionaries, the only ones that `;sf` and `;key` can be honoured for. */
const DICTIONARIES = new Set([
  "content-digest",
  "repr-digest",
  "signature",
  "signature-input",
  "accept-signature",
]);

/** The value of one component (RFC 9421 section 2), or the reason why it has none. */
export function componentValue(source: ComponentSource, component: Component): Parsed<string> {
  if (component.parameters.has("req")) return refused(component, "req belongs to responses");
  if (component.parameters.has("tr")) return refused(component, "trailers are not signed here");
  return component.name.startsWith("@") ? derived(source, component) : field(source, component);
}

/** The component as the signature base and the parameters spell it: `"@query-param";name="id"`. */
export function componentIdentifier(component: Component): string {
  return serializeItem(component.name, component.parameters);
}

function derived(source: ComponentSource, component: Component): Parsed<string> {
  const { name, parameters } = component;
  for (const parameter of parameters.keys()) {
    if (!(name === "@query-param" && parameter === "name"))
      return refused(component, `it takes no ${parameter}`);
  }
  const question = source.target.indexOf("?");
  const path = question < 0 ? source.target : source.target.slice(0, question);
  const query = question < 0 ? "" : source.target.slice(question + 1);
  if ((name === "@status") !== (source.status !== undefined)) {
    return refused(component, name === "@status" ? "a request has no status" : "a response has none of it");
  }
  switch (name) {
    case "@status":
      return { ok: true, value: String(source.status) };
    case "@method":
      return { ok: true, value: source.method.toUpperCase() };
    case "@target-uri":
      return { ok: true, value: `${source.scheme}://${source.authority}${source.target}` };
    case "@authority":
      return { ok: true, value: source.authority };
    case "@scheme":
      return { ok: true, value: source.scheme };
    case "@request-target":
      return { ok: true, value: source.target };
    case "@path":
      return { ok: true, value: path === "" ? "/" : path };
    case "@query":
      return { ok: true, value: `?${query}` };
    case "@query-param":
      return queryParameter(component, query);
    default:
      return refused(component, "no such component is known");
  }
}

/** Section 2.2.8: decoded as a form and encoded again. A name that stands twice in the query must not be covered. */
function queryParameter(component: Component, query: string): Parsed<string> {
  const wanted: unknown = component.parameters.get("name");
  if (typeof wanted !== "string") return refused(component, "it needs a name");
  const values = [...new URLSearchParams(query)].filter(([name]) => percentEncode(name) === wanted);
  const [value] = values;
  if (value === undefined) return refused(component, "the query has no such parameter");
  if (values.length > 1) return refused(component, "the query has that parameter more than once");
  return { ok: true, value: percentEncode(value[1]) };
}

function percentEncode(text: string): string {
  // URLSearchParams gives well-formed text, so this cannot throw on a lone surrogate.
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function field(source: ComponentSource, component: Component): Parsed<string> {
  const { name, parameters } = component;
  for (const parameter of parameters.keys()) {
    if (parameter !== "sf" && parameter !== "key" && parameter !== "bs") {
      return refused(component, `the parameter ${parameter} is not known`);
    }
  }
  const value = headerValue(source.headers, name);
  if (value === undefined) return malformed(`${name} is not there`);
  if (parameters.has("bs")) {
    if (parameters.size > 1) return refused(component, "bs goes with nothing else");
    const lines = headerLines(source.headers, name) ?? [];
    return {
      ok: true,
      value: lines.map((line) => `:${Buffer.from(line, "latin1").toString("base64")}:`).join(", "),
    };
  }
  if (!parameters.has("sf") && !parameters.has("key")) return { ok: true, value };
  if (!DICTIONARIES.has(name)) return refused(component, "it is not known to be a structured field");
  try {
    return structured(component, value, parameters.get("key"));
  } catch {
    return refused(component, "its value is not a dictionary");
  }
}

function structured(component: Component, value: string, key: unknown): Parsed<string> {
  const dictionary = parseDictionary(value);
  if (key === undefined) return { ok: true, value: serializeDictionary(dictionary) };
  const member = typeof key === "string" ? dictionary.get(key) : undefined;
  if (member === undefined) return refused(component, "the dictionary has no such member");
  return { ok: true, value: isInnerList(member) ? serializeInnerList(member) : serializeItem(member) };
}

function refused(component: Component, why: string): Malformed {
  return malformed(`${component.name} cannot be checked: ${why}`);
}
