import assert from "node:assert/strict";
import { startScript } from "../../support/child.ts";
import { until } from "../../support/until.ts";

/** Alice, on a server that is all Fedify's, in a process of its own; she lets everybody follow her. */
export interface Alice {
  handle: string;
  /** What she can be asked to do; also by programs, as `POST <server>/control/<what>`. */
  server: string;
  ask<Answer>(what: string, given?: Record<string, string>): Promise<Answer>;
  /** Waits until an activity of this type has come through her door. */
  hears(type: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startAlice(): Promise<Alice> {
  const child = startScript("test/peers/fedify-server.ts", {
    env: { FIRST_KNOCK: "draft-cavage-http-signatures-12" },
  });
  const server = (await child.prints(/^ready (\S+)$/m)).at(1) ?? "";
  const ask = async <Answer>(what: string, given: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(`${server}/control/${what}`, {
      method: "POST",
      body: JSON.stringify(given),
    });
    const answer = (await response.json()) as Answer;
    assert.equal(response.status, 200, `${what}: ${JSON.stringify(answer)}\n${child.stderr()}`);
    return answer;
  };
  return {
    handle: `alice@${new URL(server).host}`,
    server,
    ask,
    async hears(type) {
      const heard = async (): Promise<boolean> =>
        (await ask<{ type: string }[]>("received")).some((one) => one.type === type);
      await until(heard, `Alice's hearing ${type}`);
    },
    stop: async () => {
      await child.stop();
    },
  };
}
