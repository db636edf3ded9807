// The README's main command, once: `npm start` answers over HTTP and is found by its handle; then it is ended by its id.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, () => {
    const { port: free } = probe.address();
    probe.close(() => resolve(free));
  });
});
const origin = `http://localhost:${port}`;

// A group of its own: npm, the shell it uses and the server are ended together, and nothing else is.
const npm = spawn("npm", ["start"], {
  env: { ...process.env, PORT: String(port) },
  stdio: "inherit",
  detached: true,
});
const ended = new Promise((resolve) => npm.on("exit", resolve));
let running = true;
void ended.then(() => (running = false));

const answer = async (path, accept) => {
  const response = await fetch(origin + path, { headers: { accept } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.text();
};

let failure = new Error("it did not answer within two minutes");
for (const end = Date.now() + 120_000; running && Date.now() < end; await pause(500)) {
  try {
    const jrd = JSON.parse(
      await answer(`/.well-known/webfinger?resource=acct:blog@localhost:${port}`, "*/*"),
    );
    const actor = jrd.links.find(({ rel }) => rel === "self").href;
    const { id, inbox } = JSON.parse(await answer(new URL(actor).pathname, "application/activity+json"));
    if (id !== actor || !inbox.startsWith(origin)) throw new Error("the actor is not what WebFinger names");
    for (const page of ["/", "/@blog"]) await answer(page, "text/html");
    failure = undefined;
    break;
  } catch (error) {
    failure = error;
  }
}
if (!running) failure = new Error("it ended by itself");
else process.kill(-npm.pid, "SIGTERM");
// A pause that is no longer waited for must not keep this process.
const patience = pause(15_000, "late", { ref: false });
if ((await Promise.race([ended.then(() => "ended"), patience])) !== "ended") {
  process.kill(-npm.pid, "SIGKILL");
  failure ??= new Error("it did not end within 15 seconds of being told to");
}
if (failure) {
  console.error(failure);
  process.exit(1);
}
