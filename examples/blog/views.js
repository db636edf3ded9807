import { readdirSync, readFileSync } from "node:fs";
import Handlebars from "handlebars";

const folder = new URL("./views/", import.meta.url);
const engine = Handlebars.create();
const templates = {};

for (const file of readdirSync(folder)) {
  const name = file.replace(/\.hbs$/, "");
  templates[name] = engine.compile(readFileSync(new URL(file, folder), "utf8"), { preventIndent: true });
  engine.registerPartial(name, templates[name]);
}

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
engine.registerHelper(
  "date",
  (value) => new Handlebars.SafeString(`<time datetime="${value.toISOString()}">${day.format(value)}</time>`),
);
engine.registerHelper("utc", (value) => value.toUTCString());
engine.registerHelper("plural", (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`);
engine.registerHelper("reply", (uri) => `/fediverse/interact?uri=${encodeURIComponent(uri)}`);
engine.registerHelper("initial", (name) => [...name][0]?.toUpperCase() ?? "?");

/** The view as a page in the blog's layout. */
export function render(view, context) {
  return templates.layout({ ...context, body: new Handlebars.SafeString(templates[view](context)) });
}

/** A view by itself. */
export function renderBare(view, context) {
  return templates[view](context);
}
