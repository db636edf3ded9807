import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { RunningServer, ServerOptions } from "./server.ts";

/**
 * Starts the worker. From compiled files it is loaded directly. From TypeScript sources (tests, run by tsx) Node 20
 * cannot load it, so a few lines of JavaScript register tsx inside the worker first. Retired when every supported
 * Node strips types in workers.
 */
function startWorker(options: ServerOptions): Worker {
  const compiled = import.meta.url.endsWith(".js");
  if (compiled) return new Worker(new URL("./worker.js", import.meta.url), { workerData: options });
  // Not import.meta.resolve: where mocha loads a test by require(), tsx gives modules an import.meta without it. What
  // require finds is the CommonJS twin of the module wanted.
  const twin = createRequire(import.meta.url).resolve("tsx/esm/api");
  const tsx = JSON.stringify(pathToFileURL(twin.replace(/\.cjs$/, ".mjs")).href);
  const file = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
  const source = `import(${tsx}).then(({ register }) => { register(); return import(${file}); })`;
  return new Worker(source, { eval: true, workerData: options, execArgv: [] });
}

function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    const left = (code: number): void =>
      reject(new Error(`the embedded store's thread ended with code ${code}`));
    worker.once("error", failed);
    worker.once("exit", left);
    worker.once("message", () => {
      worker.off("error", failed);
      worker.off("exit", left);
      resolve();
    });
  });
}

/** A thread that dies this often in a minute is not started again. */
const maxRestarts = 5;

/**
 * Runs the server in a thread of its own. When the thread dies, its connections break (so the driver rejects what
 * was under way) and a new one takes the same socket at once.
 */
async function serveInThread(options: ServerOptions): Promise<RunningServer> {
  let closing = false;
  let deaths: number[] = [];
  let starting: Promise<void> = Promise.resolve();
  const start = async (): Promise<Worker> => {
    const started = startWorker(options);
    await ready(started);
    started.unref();
    // An error is followed by 'exit', which acts on it.
    started.on("error", () => undefined);
    started.on("exit", () => {
      if (!closing) starting = restart();
    });
    return started;
  };
  const restart = async (): Promise<void> => {
    deaths = [...deaths, Date.now()].filter((time) => Date.now() - time < 60_000);
    if (deaths.length > maxRestarts) return;
    try {
      worker = await start();
    } catch {
      if (!closing) starting = restart();
    }
  };
  let worker = await start();
  return {
    async close() {
      closing = true;
      await starting;
      const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.ref();
      worker.postMessage("close");
      await exited;
    },
  };
}

/** Runs the server in a thread, or on the caller's own. */
export async function run(options: ServerOptions, thread: boolean): Promise<RunningServer> {
  if (thread) return serveInThread(options);
  // Its code and libraries would only make the garbage collections of a thread dearer that never runs them.
  const { serve } = await import("./server.ts");
  return serve(options);
}
