import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Who holds a data folder, as its lock file says. */
interface Owner {
  readonly pid: number;
  /** When that process began, where the system tells; a later process may have been given the same number. */
  readonly began: string | undefined;
  /** Within which numbering of processes: a container's own says nothing outside of it. */
  readonly space: string | undefined;
  readonly socket: string;
}

/** The folder is ours, or another process serves it on this socket. */
export interface Claim {
  readonly socket: string;
  readonly owner: boolean;
  release(): void;
}

/** The data folder cannot be used; the message says why and what to do. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/** How long a process that has just begun may take until its socket answers. */
const patienceMilliseconds = 10_000;

/** A unix socket's path holds about 107 bytes on Linux and 103 on macOS. */
const maxSocketPath = 100;

function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The program's name, in brackets, may hold spaces; the time of the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function pidSpace(): string | undefined {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return undefined;
  }
}

const heartbeatMilliseconds = 1000;
/** A lock of another container's that has not been touched for this long is nobody's. Less than the patience. */
const silenceMilliseconds = 6000;

/** Whether the very process that wrote the lock is still there. */
function holds({ pid, began, space }: Owner, lock: string): boolean {
  if (space !== undefined && space !== pidSpace()) {
    const touched = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    return touched !== undefined && Date.now() - touched < silenceMilliseconds;
  }
  if (!isAlive(pid)) return false;
  const now = beganAt(pid);
  return began === undefined || now === undefined || began === now;
}

function readOwner(lock: string): Owner | undefined {
  try {
    const parsed = JSON.parse(readFileSync(lock, "utf8")) as Partial<Owner>;
    if (typeof parsed.pid !== "number" || typeof parsed.socket !== "string") return undefined;
    return { pid: parsed.pid, began: parsed.began, space: parsed.space, socket: parsed.socket };
  } catch {
    return undefined;
  }
}

/** Whether somebody listens on a socket. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once("connect", () => {
      client.destroy();
      resolve(true);
    });
    client.once("error", () => resolve(false));
  });
}

function makeSocketPath(): string {
  for (const base of [tmpdir(), "/tmp"]) {
    if (join(base, "fedi-XXXXXX", "db.sock").length > maxSocketPath) continue;
    // mkdtemp makes the folder for its owner only (0700), so nobody else can connect.
    return join(mkdtempSync(join(base, "fedi-")), "db.sock");
  }
  throw new FolderInUse(
    `The folder for temporary files (${tmpdir()}) has too long a name for a unix socket; set TMPDIR to a shorter one.`,
  );
}

function removeSocket(socket: string): void {
  rmSync(socket, { force: true });
  try {
    rmdirSync(dirname(socket));
  } catch {
    // Somebody else's file lies beside it, or the system has cleaned it away.
  }
}

function tryLock(lock: string): Claim | undefined {
  const socket = makeSocketPath();
  const mine: Owner = { pid: process.pid, began: beganAt(process.pid), space: pidSpace(), socket };
  try {
    writeFileSync(lock, JSON.stringify(mine), { flag: "wx", mode: 0o600 });
  } catch (error) {
    removeSocket(socket);
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
  const heart = setInterval(() => {
    try {
      utimesSync(lock, new Date(), new Date());
    } catch {
      // The folder is gone, and with it what was to be guarded.
    }
  }, heartbeatMilliseconds).unref();
  return {
    socket,
    owner: true,
    release() {
      clearInterval(heart);
      removeSocket(socket);
      if (readOwner(lock)?.socket === socket) rmSync(lock, { force: true });
    },
  };
}

/** Takes a dead process's lock away; only one process at a time does this, and looks again before it does. */
function breakLock(lock: string): void {
  const gate = `${lock}.break`;
  try {
    mkdirSync(gate);
  } catch {
    const age = Date.now() - (statSync(gate, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > patienceMilliseconds) rmSync(gate, { recursive: true, force: true });
    return;
  }
  try {
    const owner = readOwner(lock);
    if (owner !== undefined && holds(owner, lock)) return;
    if (owner !== undefined) removeSocket(owner.socket);
    rmSync(lock, { force: true });
  } finally {
    rmSync(gate, { recursive: true, force: true });
  }
}

/**
 * Claims a data folder: one process serves it, others of this machine use that one's socket.
 * @param patience how long an owner that does not answer is waited for, in milliseconds
 * @throws {FolderInUse} when another process holds it and does not answer
 */
export async function claim(directory: string, patience = patienceMilliseconds): Promise<Claim> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = join(directory, "owner.lock");
  const started = performance.now();
  for (;;) {
    const mine = tryLock(lock);
    if (mine !== undefined) return mine;
    const owner = readOwner(lock);
    if (owner !== undefined && (await answers(owner.socket))) {
      return { socket: owner.socket, owner: false, release: () => undefined };
    }
    const waited = performance.now() - started;
    // A lock that cannot be read is either being written this very moment, or left half by a crash.
    if (owner === undefined ? waited > Math.min(1000, patience / 2) : !holds(owner, lock)) {
      breakLock(lock);
      continue;
    }
    if (waited > patience) {
      throw new FolderInUse(
        `The data folder ${directory} belongs to process ${owner?.pid ?? "?"}, which does not answer. ` +
          `End that process, or, if it is another program that got its number by chance, delete ${lock}.`,
      );
    }
    await pause(50);
  }
}
