import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface ServedOptions {
  /** Of Node, before the file. */
  flags?: readonly string[];
  arguments?: readonly string[];
  /** What the file finds as `DATA_DIR`. */
  directory?: string;
}

/** A server in a process of its own, which prints `ready <port>` and ends as `untilEnded` says. */
export class Served {
  readonly origin: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** @param file relative to this folder. @throws Error where it ends before it is ready. */
  static async start(file: string, options: ServedOptions = {}): Promise<Served> {
    const { flags = [], arguments: given = [], directory = "" } = options;
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = spawn(process.execPath, [...flags, path, ...given], {
      env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "", DATA_DIR: directory },
      // Its input ends with this process, and so does it.
      stdio: ["pipe", "pipe", "inherit"],
    });
    const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    if (line.done === true) throw new Error(`${file} ended before it was ready`);
    return new Served(child, Number(line.value.split(" ")[1]));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
