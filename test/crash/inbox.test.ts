import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRemote, type FakeRemote } from "../support/fake-remote.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/until.ts";

const PEOPLE = 8;
const EACH = 30;
/** Longer than a dead worker's lease, so that what it held is due at once. */
const AHEAD = 10 * 60_000;

interface Report {
  /** Activity id to its state. */
  states: Record<string, string>;
  /** Ids of the notes that stand as comments. */
  comments: string[];
  total: number;
}

describe("Kill -9 in a burst at the inbox", function () {
  this.timeout(180_000);
  let remote: FakeRemote;
  let directory: string;
  let port: number;
  const children: ChildProcess[] = [];

  before(async () => {
    remote = await startRemote({ host: "127.0.0.2" });
    directory = await mkdtemp(join(tmpdir(), "fedi-crash-"));
    port = await freePort();
  });
  after(async () => {
    await Promise.all(children.map(kill));
    await remote.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function start(ahead: number): Promise<ChildProcess> {
    const file = fileURLToPath(new URL("./inbox-site.ts", import.meta.url));
    const child = fork(file, [directory, String(port), String(ahead)], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(child);
    await once(child, "message");
    return child;
  }

  async function report(child: ChildProcess): Promise<Report> {
    child.send("report");
    const [told] = (await once(child, "message")) as [Report];
    return told;
  }

  it("everything that was answered 202 is there after a restart, and is done once", async () => {
    const first = await start(0);
    const page = `http://127.0.0.1:${port}/bread`;
    const acknowledged: { id: string; note: string }[] = [];
    let refused = 0;
    const people = Array.from({ length: PEOPLE }, (_, at) =>
      remote.character(`person${at}`, "Person", "person"),
    );
    const burst = people.map(async (person) => {
      for (let count = 0; count < EACH; count += 1) {
        const note = person.note(`${person.name} says ${count}`, { inReplyTo: page });
        const create = person.activity("Create", note);
        const answer = await remote
          .send(person, `http://127.0.0.1:${port}/ap/inbox`, create)
          .catch(() => undefined);
        if (answer?.status === 202) acknowledged.push({ id: String(create.id), note: String(note.id) });
        else refused += 1;
      }
    });
    await until(() => acknowledged.length >= (PEOPLE * EACH) / 3, "a third of the burst", 60_000);
    await kill(first);
    await Promise.all(burst);
    assert.ok(refused > 0, "it was killed in the middle of the burst");

    const second = await start(AHEAD);
    let last: Report = { states: {}, comments: [], total: 0 };
    await until(
      async () => {
        last = await report(second);
        return Object.values(last.states).every((state) => state !== "pending");
      },
      "everything done",
      90_000,
    );
    // Killed after its comment was stored and before that was noted down, an activity is done again, which changes nothing.
    const finished = ["done", "says nothing new"];
    const lost = acknowledged.filter(({ id }) => !finished.includes(last.states[id] ?? ""));
    assert.deepEqual(
      lost.map(({ id }) => [id, last.states[id]]),
      [],
    );
    const standing = new Set(last.comments);
    assert.deepEqual(
      acknowledged.filter(({ note }) => !standing.has(note)),
      [],
    );
    assert.equal(standing.size, last.comments.length, "none stands twice");
    assert.equal(last.total, standing.size);
    // What was stored, and whose answer the crash has cut off, is there too; nothing else is.
    assert.ok(standing.size - acknowledged.length <= PEOPLE, "no more than were on their way");
  });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
