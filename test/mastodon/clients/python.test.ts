import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../../support/until.ts";
import type { StartedApi } from "../support/start-api.ts";
import { allowInBrowser } from "./consent.ts";
import { picture, setStage, type Stage } from "./stage.ts";

const TOOT = "/usr/bin/toot";
const PYTHON = "/usr/bin/python3";
/** Slow machines take their time to start an interpreter. */
const PATIENCE = 60_000;

const haveToot = existsSync(TOOT);
const haveLibrary = existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import mastodon"]).status === 0;

/** A program that asks for the code of the consent page, and what it has said. */
class Program {
  readonly process: ChildProcess;
  said = "";
  code: number | null | undefined;

  constructor(command: string, args: string[], folder: string) {
    // `true` as browser: the address is printed, too, and nothing opens.
    const env = { ...process.env, XDG_CONFIG_HOME: folder, BROWSER: "true", PYTHONUNBUFFERED: "1" };
    this.process = spawn(command, args, { env });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.process.on("close", (code) => (this.code = code));
  }

  async says(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.said) || this.code !== undefined, String(pattern), PATIENCE);
    const found = pattern.exec(this.said);
    assert.ok(found, this.said);
    return found[1] ?? found[0];
  }

  tell(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async ends(): Promise<string> {
    this.process.stdin?.end();
    await until(() => this.code !== undefined, "the end of the program", PATIENCE);
    assert.equal(this.code, 0, this.said);
    return this.said;
  }
}

describe("apps from Debian packages", () => {
  let stage: Stage;
  let api: StartedApi;
  let folder: string;
  let file: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "fedi-python-"));
    file = join(folder, "crust.jpg");
    await writeFile(file, await picture());
    stage = await setStage();
    api = stage.here;
  });
  after(async () => {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  const codeAt = async (url: string): Promise<string> => {
    const { location } = await allowInBrowser(api, url);
    return new URL(location, api.origin).searchParams.get("code") ?? "";
  };

  it("Mastodon.py does a day's work", async function () {
    this.timeout(3 * PATIENCE);
    if (!haveLibrary) {
      console.log("      (skipped: apt-get install python3-mastodon)");
      return this.skip();
    }
    const script = fileURLToPath(new URL("day.py", import.meta.url));
    const { alice, beaHandle, there } = stage;
    const neighbour = [there.origin, await there.tokenFor("bea"), beaHandle];
    const given = [api.origin, file, ...neighbour, alice.handle, alice.server];
    const program = new Program(PYTHON, [script, ...given], folder);
    const url = await program.says(/(http\S+oauth\/authorize\S*)\s/);
    program.tell(await codeAt(url));
    assert.match(await program.ends(), /the day is done/);
  });

  it("toot does a day's work", async function () {
    this.timeout(5 * PATIENCE);
    if (!haveToot) {
      console.log("      (skipped: apt-get install toot)");
      return this.skip();
    }
    const login = new Program(
      TOOT,
      ["login", "--no-color", "--disable-https", "-i", new URL(api.origin).host],
      folder,
    );
    const url = await login.says(/(http\S+oauth\/authorize\S*)\s/);
    login.tell("n");
    login.tell(await codeAt(url));
    assert.match(await login.ends(), /logged in/i);
    const toot = (...args: string[]): Promise<string> =>
      new Program(TOOT, [...args, "--no-color"], folder).ends();

    const posted = await toot(
      "post",
      "Fresh #bread",
      "-m",
      file,
      "-d",
      "A crust",
      "-v",
      "public",
      "-l",
      "en",
    );
    assert.match(posted, /Toot posted/);
    const client = await api.client();
    const [status] = (await client.get("/api/v1/timelines/home")).body;
    assert.match(status.content, /Fresh/);
    assert.equal(status.media_attachments[0]?.description, "A crust");
    const id = status.id as string;
    await toot("post", "Still hot", "-r", id);
    assert.match(await toot("thread", id), /Still hot/);
    for (const action of ["favourite", "reblog", "bookmark"]) await toot(action, id);
    assert.match(await toot("bookmarks", "-1"), /Fresh/);
    assert.match(await toot("search", "blog"), /@blog/);
    assert.match(await toot("search", "#bread"), /bread/);

    const { alice, beaHandle, there } = stage;
    const bea = await there.client("bea");
    const following = async (): Promise<string[]> => {
      const me = (await client.get("/api/v1/accounts/verify_credentials")).body;
      const { body } = await client.get(`/api/v1/accounts/${me.id}/following`);
      return (body as { acct: string }[]).map(({ acct }) => acct);
    };
    for (const handle of [beaHandle, alice.handle]) {
      assert.match(await toot("follow", handle), /following/);
      await until(async () => (await following()).includes(handle), `the follow of ${handle}`);
    }
    await alice.ask("write", { html: "<p>Written with Fedify</p>" });
    await bea.post("/api/v1/statuses", { status: `@blog@${new URL(api.origin).host} From next door` });
    const seen = async (...args: string[]): Promise<string> => {
      let said = "";
      await until(
        async () => {
          said = await toot(...args);
          return /Fedify/.test(said) && /next door/.test(said);
        },
        "both at home",
        PATIENCE,
      );
      return said;
    };
    assert.match(await seen("timeline", "-1"), /Fresh/);
    assert.match(await toot("notifications"), /mentioned you/);
    await toot("tags_follow", "rye");
    assert.match(await toot("tags_followed"), /rye/);
    for (const handle of [beaHandle, alice.handle]) await toot("unfollow", handle);
    await alice.hears("Undo");
    await toot("delete", id);
    await client.get(`/api/v1/statuses/${id}`, {}, { expect: 404 });
    await toot("logout", `blog@${new URL(api.origin).host}`);
  });
});
