import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/database/embedded/index.ts";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/support/version.ts";
import { MongoClient } from "mongodb";
import { start, type Child, type ChildOptions } from "../support/child.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/until.ts";

const COMMAND = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** The command as people call it: compiled, a process of its own, its output and exit code. */
describe("the command express-fediverse", function () {
  this.timeout(90_000);
  let directory: string;
  const running: Child[] = [];

  before(() => {
    if (!existsSync(COMMAND)) throw new Error("the command is tested as it is built: npm run build");
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "fedi-cli-"));
  });

  afterEach(async () => {
    for (const child of running.splice(0)) await child.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (args: string[], options: Omit<ChildOptions, "args"> = {}): Child => {
    const child = start([COMMAND, ...args], options);
    running.push(child);
    return child;
  };
  const data = (): string[] => ["--data-dir", join(directory, "data"), "--durability", "os"];
  const site = (port: number): string[] => [
    ...data(),
    "--origin",
    `http://localhost:${port}`,
    "--allow-private-network",
  ];

  /** Runs to the end and expects this code. */
  async function ends(code: number, args: string[], options: Omit<ChildOptions, "args"> = {}) {
    const ended = await run(args, options).ended();
    assert.equal(ended.code, code, `${args.join(" ")}\n${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  async function serve(args: string[] = [], env: Record<string, string> = {}) {
    const port = await freePort();
    const child = run(["serve", ...site(port), "--port", String(port), ...args], { env });
    await child.prints(/is on the fediverse/);
    return { child, port, origin: `http://localhost:${port}` };
  }

  const read = async (url: string): Promise<string> => {
    const response = await fetch(url, { headers: { accept: "text/html" } });
    return `${response.status} ${await response.text()}`;
  };

  describe("explains itself", () => {
    it("says its version and, without a word or with a wrong one, how it is used", async () => {
      const [version, bare, wrong, inherited] = await Promise.all([
        ends(0, ["version"]),
        ends(0, []),
        ends(2, ["sevre"]),
        // What every object has is no command.
        ends(2, ["constructor"]),
      ]);
      assert.equal(version.stdout, `${VERSION}\n`);
      assert.match(bare.stdout, /account create NAME/);
      assert.match(wrong.stderr, /^There is no command "sevre"/);
      assert.match(wrong.stderr, /FEDIVERSE_ORIGIN/);
      assert.match(inherited.stderr, /^There is no command "constructor"/);
    });

    for (const [what, args, message] of [
      ["no origin", ["serve"], /option "origin": nothing was given/],
      [
        "an origin with a path",
        ["serve", "--origin", "https://a.example/blog"],
        /"origin": "https:\/\/a\.example\/blog" was given; wanted: the site's public address without a path/,
      ],
      ["plain http", ["serve", "--origin", "http://a.example"], /other servers only speak to https/],
      ["a flag that is none", ["serve", "--orgin", "https://a.example"], /--orgin/],
      [
        "a port that is none",
        ["serve", "--origin", "https://a.example", "--port", "http"],
        /--port \(FEDIVERSE_PORT\) is "http"/,
      ],
      [
        "a number out of bounds",
        ["migrate", "--origin", "https://a.example", "--delivery-per-host", "0"],
        /option "delivery\.perHost": 0 was given/,
      ],
      ["half a command", ["account", "create"], /Usage: express-fediverse account create NAME/],
    ] as const) {
      it(`ends with 2 and one clear message for ${what}`, async () => {
        const { stderr } = await ends(2, [...args]);
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /^\s+at /m, "no stack: it is nobody's fault but the option's");
      });
    }
  });

  describe("serve", () => {
    it("is the package with an empty host: a folder's posts, found by handle, until it is told to end", async () => {
      const posts = join(directory, "posts");
      mkdirSync(posts);
      writeFileSync(join(posts, "2026-01-02-rye.md"), "---\ntitle: Rye\ndate: 2026-01-02\n---\nDense.\n");
      writeFileSync(join(posts, "broken.md"), "---\ntitle: [unclosed\n---\nNo.\n");
      const port = await freePort();
      await ends(0, ["account", "create", "blog", "--name", "The Blog", ...site(port)]);

      const child = run(["serve", ...data()], {
        env: {
          FEDIVERSE_ORIGIN: `http://localhost:${port}`,
          FEDIVERSE_PORT: String(port),
          FEDIVERSE_ALLOW_PRIVATE_NETWORK: "true",
          FEDIVERSE_DIRECTORY: posts,
        },
      });
      await child.prints(new RegExp(`@blog@localhost:${port}`));
      assert.match(child.stderr(), /allowPrivateNetwork is on.*Never run a public site like this/);
      assert.match(child.stderr(), /a post file was not taken.*broken\.md/);
      const jrd = await read(
        `http://localhost:${port}/.well-known/webfinger?resource=acct:blog@localhost:${port}`,
      );
      assert.match(jrd, /^200 .*\/ap\/accounts\/blog/);
      await until(async () => (await read(`http://localhost:${port}/@blog`)).includes("Rye"), "the post");
      assert.match(await read(`http://localhost:${port}/anything-else`), /^404/);

      child.process.kill("SIGTERM");
      const { code, signal } = await child.ended();
      assert.deepEqual([code, signal], [0, null]);
    });

    it("tells its visitors apart behind a web server on the same machine, or where it is told to trust one", async () => {
      const { child, port, origin } = await serve(["--trust-proxy", "loopback"], {
        FEDIVERSE_HOST: "",
        FEDIVERSE_PORT: "",
      });
      await ends(0, ["account", "create", "blog", ...site(port)]);
      const asks = async (address: string): Promise<number> => {
        const page = `${origin}/fediverse/follow?account=blog&handle=anna@localhost:${port}`;
        const response = await fetch(page, { headers: { "x-forwarded-for": address } });
        await response.text();
        return response.status;
      };
      // Its own handle is no answer, and each such try is counted: ten are borne.
      for (let n = 1; n <= 10; n += 1) assert.equal(await asks("192.0.2.1"), 422);
      assert.equal(await asks("192.0.2.1"), 429);
      assert.equal(await asks("192.0.2.2"), 422);
      child.process.kill("SIGTERM");
      assert.equal((await child.ended()).code, 0);
      const wrong = await ends(2, ["serve", ...site(port), "--trust-proxy", "nginx"]);
      assert.match(wrong.stderr, /--trust-proxy \(FEDIVERSE_TRUST_PROXY\) is "nginx"/);
    });

    it("takes a feed from a file, and says what is wrong with one it cannot read while it goes on", async () => {
      const feed = join(directory, "feed.json");
      writeFileSync(
        feed,
        JSON.stringify({
          version: "https://jsonfeed.org/version/1.1",
          title: "Feed",
          items: [
            {
              id: "1",
              url: "http://localhost/one",
              title: "From the feed",
              content_html: "<p>One.</p>",
              date_published: "2026-01-02T03:04:05Z",
            },
          ],
        }),
      );
      const port = await freePort();
      await ends(0, ["account", "create", "blog", ...site(port)]);
      const missing = join(directory, "nothing.xml");
      const args = ["--port", String(port), "--feed", feed, "--feed", missing];
      const child = run(["serve", ...site(port), ...args]);
      await child.prints(/the feed could not be read.*nothing\.xml/);
      await until(
        async () => (await read(`http://localhost:${port}/@blog`)).includes("From the feed"),
        "the post",
      );
    });

    it("ends with 1 where the folder is not there, and names it", async () => {
      const { stderr } = await ends(1, [
        "serve",
        ...site(1),
        "--port",
        "0",
        "--directory",
        join(directory, "none"),
      ]);
      assert.match(stderr, /directory\(\): \S+none is not there/);
    });

    it("ends with 1 where the port is taken, and says how to mend it", async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, resolve));
      const { port } = other.address() as AddressInfo;
      try {
        const { stderr } = await ends(1, ["serve", ...site(port), "--port", String(port)]);
        assert.match(stderr, new RegExp(`Port ${port} is taken.*--port or FEDIVERSE_PORT`));
      } finally {
        await new Promise<void>((resolve) => other.close(() => resolve()));
      }
    });
  });

  describe("beside a running site, in the same data folder", () => {
    it("makes accounts and posts that the running one shows at once", async () => {
      const { origin, port } = await serve();
      const created = await ends(0, [
        "account",
        "create",
        "Anna",
        "--summary",
        "I *bake*.",
        "--field",
        "Home=Here",
        ...site(port),
      ]);
      assert.match(created.stdout, new RegExp(`@Anna@localhost:${port} is ready`));
      assert.match(await read(`${origin}/@anna`), /^200[\s\S]*I <em>bake<\/em>/);

      const posted = await ends(0, ["post", "anna", "Hello from", "the terminal.", ...site(port)]);
      const url = /^Stored (\S+)/.exec(posted.stdout)?.[1] ?? "";
      assert.match(await read(url), /^200[\s\S]*Hello from the terminal\./);

      const piped = await ends(0, ["post", "anna", "--title", "Piped", "--reply-to", url, ...site(port)], {
        input: "From a *pipe*.\n",
      });
      assert.match(await read(/^Stored (\S+)/.exec(piped.stdout)?.[1] ?? ""), /From a <em>pipe<\/em>/);
      assert.match(await read(url), /Piped|From a <em>pipe<\/em>/, "the answer stands beneath");
    });
  });

  it("refuses what it cannot do, with a reason, and changes nothing", async () => {
    const cases = [
      [["post", "nobody", "Hi", ...site(1)], /There is no account "nobody" on this site/],
      [["post", "nobody", "--file", join(directory, "none.md"), ...site(1)], /none\.md cannot be read/],
      [["post", "nobody", ...site(1)], /the text is empty/],
      [["post", "nobody", "", ...site(1)], /the text is empty/],
      [["account", "create", "anna.b", ...site(1)], /username.*letters, digits or underscores/],
      [
        ["account", "create", "anna", "--field", "nonsense", ...site(1)],
        /--field is "nonsense"; wanted: Name=Value/,
      ],
      [["account", "create", "anna", "--avatar", "portrait.png", ...site(1)], /avatar/],
    ] as const;
    for (const [args, message] of cases) {
      const { stderr } = await ends(1, [...args]);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m, args.join(" "));
    }
  });

  it("says where the database should have been when it does not answer", async () => {
    const port = await freePort();
    const { stderr } = await ends(1, [
      "migrate",
      ...site(1),
      "--database",
      `mongodb://127.0.0.1:${port}/blog`,
      "--start-timeout",
      "0.5",
    ]);
    assert.match(stderr, /did not answer within 0\.5 seconds.*"database"/);
  });

  it("migrates once, and refuses a database that a newer version has written", async () => {
    assert.match(
      (await ends(0, ["migrate", ...site(1)])).stdout,
      /The database is up to date: 0001-collections/,
    );
    const store = await startEmbedded({ directory: join(directory, "data", "db"), durability: "os" });
    const client = await new MongoClient(store.uri).connect();
    try {
      const meta = client.db().collection<{ _id: string; value: string[] }>("fedi_meta");
      const changed = await meta.updateOne(
        { _id: "migrations" },
        { $push: { value: "9999-from-the-future" } },
      );
      assert.equal(changed.modifiedCount, 1);
    } finally {
      await client.close();
      await store.close();
    }
    const { stderr } = await ends(1, ["serve", ...site(1), "--port", "0"]);
    assert.match(stderr, /written by a newer version.*9999-from-the-future/);
  });
});
