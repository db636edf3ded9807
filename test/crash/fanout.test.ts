import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Sink } from "../delivery/sink.ts";
import { until } from "../support/until.ts";

const INBOXES = 2000;
/** The option's default. */
const IN_FLIGHT = 32;

describe("Kill -9 in the middle of a fan-out to 2,000 inboxes", function () {
  this.timeout(180_000);
  let sink: Sink;
  let directory: string;
  const children: ChildProcess[] = [];

  before(async () => {
    sink = await Sink.open();
    directory = await mkdtemp(join(tmpdir(), "fedi-crash-"));
  });
  after(async () => {
    await Promise.all(children.map(kill));
    await sink.close();
    await rm(directory, { recursive: true, force: true });
  });

  function start(inboxes: string[]): ChildProcess {
    const file = fileURLToPath(new URL("./fanout-site.ts", import.meta.url));
    const child = fork(file, [directory, JSON.stringify(inboxes)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  it("after a restart every inbox has the post, and no more copies than were in flight", async () => {
    const inboxes = Array.from({ length: INBOXES }, (_, at) =>
      sink.inbox(1 + (at % 500), `/users/${at}/inbox`),
    );
    const kills: number[] = [];
    let child = start(inboxes);
    // Once while the fan-out still writes rows, and once in the middle of the sending.
    for (const at of [20, 900]) {
      await until(() => sink.arrivals.length >= at, `${at} deliveries`, 60_000);
      await kill(child);
      kills.push(sink.arrivals.length);
      child = start([]);
    }
    const reached = (): number => new Set(sink.arrivals.map(({ inbox }) => inbox)).size;
    await until(() => reached() === INBOXES, "a post in every inbox", 90_000);
    await kill(child);
    const copies = sink.arrivals.length - INBOXES;
    assert.ok(
      copies <= kills.length * IN_FLIGHT,
      `${copies} extra copies after kills at ${kills.join(", ")}`,
    );
    assert.equal(new Set(sink.arrivals.map(({ activity }) => activity)).size, 1);
  });
});
