import { startEmbedded } from "../../../src/database/embedded/index.ts";

/**
 * A process of its own with the embedded store, for tests that kill it or share its folder. Arguments: the
 * folder, and what to do then: `stay`, `close` or `leave` (end without closing).
 */
const [directory = "", then = "stay"] = process.argv.slice(2);
const store = await startEmbedded({ directory });
process.stdout.write(`${JSON.stringify({ uri: store.uri, owner: store.owner })}\n`);
if (then === "stay") process.stdin.resume();
if (then === "close") await store.close();
