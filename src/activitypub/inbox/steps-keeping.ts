import { hostSpoke } from "../../delivery/hosts.ts";
import { localAccount } from "../../domain/accounts.ts";
import { reasonOf } from "../../support/errors.ts";
import { hostOf } from "../../support/urls.ts";
import { found, refuse, type Knock, type Verdict } from "./knock.ts";
import { keepActivity } from "./keep.ts";

/** A personal inbox is somebody's. */
export async function recipient(knock: Knock): Promise<Verdict | undefined> {
  if (knock.username === undefined) return undefined;
  const account = await localAccount(knock.site, knock.username);
  if (account === null) return refuse(404, "no-such-account", "There is no account of that name here.");
  if (account.goneAt !== undefined) return refuse(410, "account-gone", "That account has been deleted.");
  knock.recipient = account.username;
  return undefined;
}

/** Stores it, once, and only then says so. */
export async function keep(knock: Knock): Promise<Verdict> {
  const { site } = knock;
  const activity = found(knock, "activity");
  const kept = await keepActivity(site, activity, found(knock, "body").toString("utf8"), knock.recipient);
  try {
    await hostSpoke(site, hostOf(activity.actor) ?? "");
  } catch (error) {
    // What came in is stored; that the other side lives will be seen the next time.
    site.logger.warn({ error: reasonOf(error) }, "a sign of life could not be noted");
  }
  if (kept !== "known") site.wake("inbox");
  return { status: 202, reason: kept };
}
