import { listedMethods, matchTemplate } from "./reference.ts";

const called = new Set<string>();

/** Remembers that a test has called a method. */
export function noteMethod(verb: string, path: string): void {
  const method = matchTemplate(
    path,
    listedMethods().filter((listed) => listed.verb === verb),
    (listed) => listed.path,
  );
  if (method !== undefined) called.add(`${method.verb} ${method.path}`);
}

/** What mocha runs around everything: says how many methods of the API were called, by tier, and which of tiers 1 and 2 were not. */
export const mochaHooks = {
  afterAll(): void {
    if (called.size === 0) return;
    const methods = listedMethods();
    const tiers = [1, 2, 3, 4].map((tier) => {
      const all = methods.filter((method) => method.tier === tier);
      const missing = all.filter((method) => !called.has(`${method.verb} ${method.path}`));
      return { tier, all: all.length, called: all.length - missing.length, missing };
    });
    console.log(
      `\n  Methods of the Mastodon API called: ${tiers.map((tier) => `tier ${tier.tier}: ${tier.called} of ${tier.all}`).join(", ")}`,
    );
    const missing = tiers.filter(({ tier }) => tier <= 2).flatMap((tier) => tier.missing);
    if (missing.length > 0 && process.env.METHODS !== undefined)
      console.log(missing.map((method) => `    not called: ${method.verb} ${method.path}`).join("\n"));
  },
};
