import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A program under test in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Waits for output that fits; what matched is given. Rejects with all output when the program ends before. */
  prints(pattern: RegExp, timeout?: number): Promise<RegExpExecArray>;
  /** Waits for the end. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
  /** Asks it to end (or ends it) by its own id, and waits. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  args?: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Another Node than the one of the tests, by its path. */
  node?: string;
  /** Modules that a script has read before it, by their paths from the root. */
  imports?: string[];
  /** What the program reads; left out, its input is closed. */
  input?: string;
}

/** Starts a TypeScript file of this repository (by its path from the root). */
export function startScript(path: string, options: ChildOptions = {}): Child {
  const imports = ["tsx", ...(options.imports ?? [])].flatMap((name) => ["--import", name]);
  return start([...imports, `${ROOT}${path}`, ...(options.args ?? [])], options);
}

/** Starts `node` with these arguments. */
export function start(args: string[], options: ChildOptions = {}): Child {
  const child = spawn(options.node ?? process.execPath, args, {
    cwd: options.cwd ?? ROOT,
    // Without the variables that mocha's own process was started with, such as a NODE_OPTIONS of tsx.
    env: { ...process.env, NODE_OPTIONS: undefined, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = async () => {
    const [code, signal] = await closed;
    return { code, signal, stdout, stderr };
  };
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    prints: (pattern, timeout = 60_000) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void =>
          reject(new Error(`${why} before it printed ${pattern}\n${stdout}\n${stderr}`));
        const timer = setTimeout(() => fail(`${timeout} ms went by`), timeout);
        const look = (): void => {
          const match = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (!match) return;
          clearTimeout(timer);
          resolve(match);
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        void closed.then(([code, signal]) => {
          clearTimeout(timer);
          fail(`it ended (${code ?? signal})`);
        });
        look();
      }),
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await closed;
    },
  };
}
