import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { Agent } from "undici";

/**
 * What nobody can beat by much with the same tools: signs on the thread pool with a parsed key, posts with undici, 64 in
 * flight, no queue, no store, no retries. Run by `fork`; gets the inboxes and the body, answers with its figures.
 */
const IN_FLIGHT = 64;

export interface IdealTask {
  inboxes: string[];
  body: string;
}
export interface IdealResult {
  started: string;
  ended: string;
  cpuMicroseconds: number;
}

const key = createPrivateKey(
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey,
);

function signed(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign("sha256", Buffer.from(text), key, (error, signature) =>
      error ? reject(error) : resolve(signature.toString("base64")),
    );
  });
}

async function deliver(agent: Agent, inbox: string, body: string, digest: string): Promise<void> {
  const url = new URL(inbox);
  const date = new Date().toUTCString();
  const type = "application/activity+json";
  const text = `(request-target): post ${url.pathname}\nhost: ${url.host}\ndate: ${date}\ndigest: ${digest}\ncontent-type: ${type}`;
  const signature = await signed(text);
  const answer = await agent.request({
    origin: url.origin,
    path: url.pathname,
    method: "POST",
    body,
    headers: {
      host: url.host,
      date,
      digest,
      "content-type": type,
      signature: `keyId="https://blog.example/ap/accounts/blog#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest content-type",signature="${signature}"`,
    },
  });
  await answer.body.dump();
  if (answer.statusCode !== 202) throw new Error(`${inbox} answered ${answer.statusCode}`);
}

process.on("message", (task: IdealTask) => {
  void (async () => {
    const agent = new Agent();
    const digest = `SHA-256=${createHash("sha256").update(task.body).digest("base64")}`;
    const before = process.cpuUsage();
    const started = process.hrtime.bigint();
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let at = next++; at < task.inboxes.length; at = next++) {
        await deliver(agent, task.inboxes[at] ?? "", task.body, digest);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const ended = process.hrtime.bigint();
    const { user, system } = process.cpuUsage(before);
    await agent.close();
    process.send?.({
      started: String(started),
      ended: String(ended),
      cpuMicroseconds: user + system,
    } satisfies IdealResult);
  })();
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
