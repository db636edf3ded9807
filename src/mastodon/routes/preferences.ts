import type { Api } from "../api.ts";
import { visibilityEntity } from "../entities/visibility.ts";

/** How the person wants to write and read; what they have not said is what upstream starts with. */
export function preferenceRoutes(api: Api): void {
  api.get("/api/v1/preferences", { scope: "read:accounts" }, ({ site, account }) => ({
    "posting:default:visibility": visibilityEntity(account.defaults?.visibility ?? "public"),
    "posting:default:sensitive": account.defaults?.sensitive ?? false,
    "posting:default:language": account.defaults?.language ?? site.options.language ?? null,
    "posting:default:quote_policy": account.defaults?.quotePolicy ?? "public",
    "reading:expand:media": "default",
    "reading:expand:spoilers": false,
    "reading:autoplay:gifs": false,
  }));
}
