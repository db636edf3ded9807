import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { IdealResult, IdealTask } from "./ideal.ts";
import type { SinkMessage } from "./sink.ts";

function start(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const left = (code: number | null): void =>
      reject(new Error(`a process of the benchmark ended with code ${code ?? "none"}`));
    child.once("exit", left);
    child.once("message", (message) => {
      child.off("exit", left);
      resolve(message as T);
    });
  });
}

export interface Arrivals {
  count: number;
  first: bigint;
  last: bigint;
}

/** The process with the inboxes. */
export class SinkProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async open(): Promise<SinkProcess> {
    const child = start("./sink.ts");
    const message = await answer<{ port: number }>(child);
    return new SinkProcess(child, message.port);
  }

  async reset(): Promise<void> {
    this.#child.send("reset");
    await answer<SinkMessage>(this.#child);
  }

  async read(): Promise<Arrivals> {
    this.#child.send("read");
    const message = await answer<{ count: number; first: string; last: string }>(this.#child);
    return { count: message.count, first: BigInt(message.first), last: BigInt(message.last) };
  }

  close(): void {
    this.#child.disconnect();
  }
}

/** The plain loop, in a process of its own so that neither memory nor caches are shared. */
export async function runIdeal(task: IdealTask): Promise<{ seconds: number; cpuMilliseconds: number }> {
  const child = start("./ideal.ts");
  await answer(child);
  child.send(task);
  const result = await answer<IdealResult>(child);
  child.disconnect();
  const seconds = Number(BigInt(result.ended) - BigInt(result.started)) / 1e9;
  return { seconds, cpuMilliseconds: result.cpuMicroseconds / 1000 / task.inboxes.length };
}
