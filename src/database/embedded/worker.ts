import { parentPort, workerData } from "node:worker_threads";
import type { ServerOptions } from "./server.ts";
import { serve } from "./server.ts";

/** The worker's side: it serves until it is told to close, and then closes the file before it says so. */
if (parentPort === null) throw new Error("this file runs as a worker thread");
const port = parentPort;
const running = await serve(workerData as ServerOptions);
port.once("message", () => {
  running.close().then(
    () => {
      port.postMessage("closed");
      port.close();
    },
    (error: unknown) => {
      throw error;
    },
  );
});
port.postMessage("ready");
