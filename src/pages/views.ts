import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type Handlebars from "handlebars";
import { FediverseError, OptionsError, reasonOf } from "../support/errors.ts";
import { onDemand } from "../support/on-demand.ts";
import { contentHash, teachViews, VIEW_WORDS } from "./view-language.ts";

/** Needed by the first page; a site may live long without one, behind pages of the host's own. */
const library = onDemand<typeof Handlebars>("handlebars");

/** The package's own views. The build copies the folder, so that the way there is the same from src/ and dist/src/. */
const OWN_VIEWS = fileURLToPath(new URL("../../views/", import.meta.url));

const MEDIA_TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** A file that pages load. */
export interface Asset {
  content: Buffer;
  mediaType: string;
  hash: string;
}

/** The views of one site: ours, each replaced by the host's file of the same name where there is one. */
export interface Views {
  /**
   * The page `name` as HTML. Everything in `context` is escaped but what the view itself marks with three braces.
   * @throws {FediverseError} where the view cannot be rendered; the cause says why.
   */
  render(name: string, context: object): string;
  /** A file below `assets/`. */
  asset(name: string): Asset | undefined;
  /** Its address from the root of the site, changing with its content. */
  assetUrl(name: string): string;
}

/**
 * Reads all views once.
 * @param overrides the host's folder: `post.hbs`, `partials/layout.hbs`, `assets/pages.css`, … replace ours; more
 *   partials and assets may be added.
 * @throws {OptionsError} for a folder that is not there or a view with a mistake in it; the text names the file.
 */
export function createViews(overrides?: string): Views {
  if (overrides !== undefined && !(existsSync(overrides) && statSync(overrides).isDirectory())) {
    throw new OptionsError(`fediverse(): option "views": there is no folder ${overrides}.`);
  }
  const sources: ViewSource[] = [];
  const assets = new Map<string, Asset>();
  const assetUrl = (name: string): string => {
    const asset = assets.get(name);
    if (asset === undefined)
      throw new FediverseError(`There is no file assets/${name}.`, { code: "view-asset" });
    const suffix = extname(name);
    return `/fediverse/assets/${name.slice(0, name.length - suffix.length)}.${asset.hash}${suffix}`;
  };

  for (const [name, file] of viewFiles(overrides)) {
    const suffix = extname(name);
    const stem = name.slice(0, -suffix.length);
    if (name.startsWith("assets/") && MEDIA_TYPES[suffix] !== undefined) {
      const content = readFileSync(file);
      const asset = { content, mediaType: MEDIA_TYPES[suffix], hash: contentHash(content) };
      assets.set(name.slice("assets/".length), asset);
    } else if (suffix === ".hbs") {
      sources.push({ stem, file, text: readFileSync(file, "utf8") });
    }
  }
  let templates: Templates | undefined;
  const compiled = (): Templates => (templates ??= compileAll(sources, assetUrl));
  // A mistake in a view of the host's is to be found at the start instead of in front of a reader.
  if (overrides !== undefined) compiled();

  return {
    render(name, context) {
      const template = compiled().get(name);
      if (template === undefined) throw new FediverseError(`There is no view ${name}.`, { code: "view" });
      try {
        return template(context);
      } catch (error) {
        throw new FediverseError(`The page could not be made: the view ${name}.hbs failed.`, {
          code: "view",
          cause: error,
        });
      }
    },
    asset: (name) => assets.get(name),
    assetUrl,
  };
}

/** Name below the views' folder → file, the host's before ours. */
function viewFiles(overrides: string | undefined): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of overrides === undefined ? [OWN_VIEWS] : [OWN_VIEWS, overrides]) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(join(folder, "/").length).replaceAll("\\", "/"), path);
    }
  }
  return files;
}

interface ViewSource {
  /** Its name without the suffix. */
  stem: string;
  file: string;
  text: string;
}

type Templates = ReadonlyMap<string, Handlebars.TemplateDelegate>;

function compileAll(sources: readonly ViewSource[], assetUrl: Views["assetUrl"]): Templates {
  const engine = library().create();
  teachViews(engine, assetUrl);
  const templates = new Map<string, Handlebars.TemplateDelegate>();
  for (const source of sources) {
    const template = compile(engine, source);
    if (source.stem.startsWith("partials/"))
      engine.registerPartial(source.stem.slice("partials/".length), template);
    else templates.set(source.stem, template);
  }
  return templates;
}

function compile(
  engine: typeof Handlebars,
  { file, text }: Pick<ViewSource, "file" | "text">,
): Handlebars.TemplateDelegate {
  const options: CompileOptions = {
    // A partial's lines are not to be indented: it would show in <pre>.
    preventIndent: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(VIEW_WORDS.map((word) => [word, true])),
  };
  try {
    // Compiling is lazy, and finds no mistake by itself.
    if (!file.startsWith(OWN_VIEWS)) engine.precompile(text, options);
    return engine.compile(text, options);
  } catch (error) {
    throw new OptionsError(`fediverse(): option "views": ${file} has a mistake: ${reasonOf(error)}`, error);
  }
}
