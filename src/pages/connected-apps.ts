import { Router } from "express";
import { connectedApps, disconnectApp } from "../domain/tokens.ts";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { parseId } from "../support/ids.ts";
import { checkForm, field, FORM_TOKEN, formToken, readForm } from "./forms.ts";
import { DESK, goOn, loginAddress } from "./login.ts";
import { personView } from "./people.ts";
import { sendPage } from "./respond.ts";
import { scopeWords } from "./scope-words.ts";
import type { Views } from "./views.ts";
import { hasOwnLogin, whoIsThere } from "./who.ts";

/** `/fediverse/desk/apps`: the apps that may act for the person's accounts, each with a button that ends it. */
export function connectedAppRoutes(site: Site, views: Views): Router {
  const router = Router();
  router.get(DESK, async (request, response) => {
    const person = await whoIsThere(site, request);
    if (person.accounts.length === 0) {
      goOn(response, loginAddress(DESK));
      return;
    }
    const accounts = await Promise.all(
      person.accounts.map(async (account) => ({
        ...personView(site, account),
        id: String(account._id),
        apps: (await connectedApps(site, account._id)).map(({ app, scopes, since, lastUsedAt }) => ({
          id: String(app._id),
          name: app.name,
          ...(app.website === undefined ? {} : { website: app.website, host: new URL(app.website).host }),
          scopes: scopeWords(scopes),
          since,
          lastUsedAt,
        })),
      })),
    );
    const html = views.render("connected-apps", {
      site: { host: site.urls.host },
      head: { title: "Connected apps", noindex: true, links: [], meta: [] },
      token: { name: FORM_TOKEN, value: formToken(site, request, response, person) },
      accounts,
      ownLogin: hasOwnLogin(site),
      done: request.query["done"] === "1",
    });
    sendPage(request, response, site.urls.origin, html, { cache: "no-store" });
  });

  router.post(DESK, readForm, async (request, response) => {
    const person = await whoIsThere(site, request);
    checkForm(site, request, person);
    const account = person.accounts.find((one) => String(one._id) === field(request, "account"));
    const app = parseId(field(request, "app"));
    if (account === undefined || app === undefined)
      throw new NotFound("There is no such app, or you are logged out.");
    const ended = await disconnectApp(site, account._id, app);
    site.logger.info({ app, account: account.username, tokens: ended }, "an app was disconnected");
    goOn(response, `${DESK}?done=1`);
  });
  return router;
}
