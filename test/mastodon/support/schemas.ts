import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { matchTemplate, referenceFile } from "./reference.ts";

interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
}

/**
 * Where the schemas ask for more than servers and clients do, or the API's law (mastodon-clients.md) says otherwise.
 * Each is a place and what may be wrong there.
 */
const PERMITTED: { path?: RegExp; at: RegExp; keyword: string; because: string }[] = [
  {
    path: /^\/api\/v1\/push\/subscription/,
    at: /^\/id$/,
    keyword: "type",
    because:
      "the id of a push subscription is a JSON integer: Tusky, Android and Ice Cubes decode nothing else",
  },
  {
    path: /^\/api\/v1\/filters$/,
    at: /^$/,
    keyword: "type",
    because: "the old list of filters is a list, which the schema has lost",
  },
  {
    path: /^\/api\/v1\/instance$/,
    at: /^\/urls$/,
    keyword: "required",
    because:
      "streaming_api is left out of v1 instance while nobody has attached the HTTP server to the streams",
  },
  {
    path: /^\/api\/v[12]\/instance$/,
    at: /^(\/contact)?\/email$/,
    keyword: "format",
    because: "there may be no contact, and clients decode a text",
  },
  {
    at: /^\/redirect_uris\/\d+$/,
    keyword: "format",
    because: "custom schemes such as com.example.App.17:/request_token are real and no URIs to every parser",
  },
  {
    at: /(^|\/)languages\/\d+$|\/language$|posting:default:language$/,
    keyword: "format",
    because: "languages have regions, and some have no code of two letters",
  },
];

/** Not described, though the path looks like that of one notification. */
const UNDESCRIBED = /^\/api\/v1\/notifications\/policy\/?(\?|$)/;

let loaded: { ajv: Ajv2020; paths: OpenApi["paths"] } | undefined | "missing";
const compiled = new Map<string, ValidateFunction | undefined>();

function load(): { ajv: Ajv2020; paths: OpenApi["paths"] } | undefined {
  if (loaded === undefined) {
    const text = referenceFile("mastodon-openapi.json");
    if (text === undefined) {
      console.log("      (mastodon-openapi.json is not here: answers are checked by the rules only)");
      loaded = "missing";
    } else {
      // Alternatives there overlap (a Quote without a status is a ShallowQuote, too): to fit two of them is no mistake.
      const document = JSON.parse(text.replaceAll('"oneOf":', '"anyOf":')) as OpenApi &
        Record<string, unknown>;
      const ajv = new Ajv2020({
        strict: false,
        allErrors: true,
        validateFormats: true,
        validateSchema: false,
        logger: false,
      });
      addFormats.default(ajv);
      ajv.addFormat("scopes", true);
      ajv.addFormat("iso-639-1", /^[a-z]{2}$/);
      ajv.addFormat("binary", true);
      ajv.addSchema({ ...document, $id: "mastodon" });
      loaded = { ajv, paths: document.paths };
    }
  }
  return loaded === "missing" ? undefined : loaded;
}

/**
 * What of an answer does not fit the published schema of its method and status; empty where it fits, or where the
 * method is not described.
 */
export function schemaProblems(verb: string, path: string, status: number, body: unknown): string[] {
  const all = load();
  if (all === undefined) return [];
  const template = matchTemplate(path, Object.keys(all.paths), (text) => text);
  if (template === undefined || UNDESCRIBED.test(path)) return [];
  const check = isScheduled(body)
    ? (waiting ??= all.ajv.compile({ $ref: "mastodon#/components/schemas/ScheduledStatus" }))
    : validatorFor(all, template, verb.toLowerCase(), status);
  if (check === undefined || check(body)) return [];
  return withoutUnions(check.errors ?? [])
    .filter((error) => !isPermitted(path, error))
    .map(
      (error) =>
        `${error.instancePath === "" ? "the answer" : error.instancePath} ${error.message ?? ""} ${JSON.stringify(error.params)}`,
    );
}

let waiting: ValidateFunction | undefined;

/** A status that waits for its time has a schema of its own, which the method that makes it does not name. */
function isScheduled(body: unknown): boolean {
  return typeof body === "object" && body !== null && "scheduled_at" in body && "params" in body;
}

function isPermitted(path: string, error: ErrorObject): boolean {
  return PERMITTED.some(
    (permitted) =>
      permitted.keyword === error.keyword &&
      permitted.at.test(error.instancePath) &&
      (permitted.path?.test(path.split("?")[0] ?? "") ?? true),
  );
}

/** Of "one of these" only the branches' own errors tell anything, unless there are none. */
function withoutUnions(errors: ErrorObject[]): ErrorObject[] {
  const telling = errors.filter((error) => !["oneOf", "anyOf"].includes(error.keyword));
  return telling.length > 0 ? telling : errors;
}

function validatorFor(
  { ajv, paths }: { ajv: Ajv2020; paths: OpenApi["paths"] },
  template: string,
  verb: string,
  status: number,
): ValidateFunction | undefined {
  const key = `${verb} ${template} ${status}`;
  if (!compiled.has(key)) {
    const described = paths[template]?.[verb]?.responses[String(status)]?.content?.["application/json"];
    const pointer = [
      "paths",
      template,
      verb,
      "responses",
      String(status),
      "content",
      "application/json",
      "schema",
    ]
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    const ref =
      status >= 400
        ? "mastodon#/components/schemas/Error"
        : described === undefined
          ? undefined
          : `mastodon#/${pointer}`;
    compiled.set(key, ref === undefined ? undefined : ajv.compile({ $ref: ref }));
  }
  return compiled.get(key);
}
