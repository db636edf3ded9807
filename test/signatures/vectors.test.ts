import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { cavageSigningString, parseCavage } from "../../src/signatures/cavage.ts";
import type { ComponentSource } from "../../src/signatures/components.ts";
import { checkDigest } from "../../src/signatures/digest.ts";
import { publicKey } from "../../src/signatures/keys.ts";
import { pemOfMultikey } from "../../src/signatures/multikey.ts";
import {
  isMessageAlgorithm,
  parseSignatureInput,
  signatureBase,
  verifyBase,
  type MessageSignature,
} from "../../src/signatures/rfc9421.ts";
import {
  readSignature,
  verifySignature,
  type IncomingMessage,
  type VerifyReason,
} from "../../src/signatures/verify.ts";
import { fixtureJson, fixtureText, haveFixtures } from "../support/fixtures.ts";

interface Request {
  method: string;
  target: string;
  headers: Record<string, string | string[]>;
  body?: string;
}

function lowerCase(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function messageOf(request: Request, scheme = "https"): IncomingMessage {
  const headers = lowerCase(request.headers);
  return {
    method: request.method,
    target: request.target,
    origins: [`${scheme}://${headers.host as string}`],
    headers,
    body: request.body === undefined ? undefined : Buffer.from(request.body),
  };
}

/** What verifying by the key alone says, without what a request must cover or when it came. */
async function verifiesCavage(
  message: IncomingMessage,
  publicPem: string,
  minimumBits?: number,
): Promise<boolean> {
  const parsed = parseCavage(message.headers.signature as string);
  assert.ok(parsed.ok);
  const signature = { scheme: "cavage", keyId: parsed.value.keyId, parameters: parsed.value } as const;
  const result = await verifySignature(
    message,
    signature,
    publicPem,
    minimumBits === undefined ? {} : { minimumBits },
  );
  return result.ok;
}

if (!haveFixtures) {
  describe("published signature vectors", () => {
    it("are not tested: there is no folder ../shared/fixtures beside this repository", function () {
      this.skip();
    });
  });
} else {
  describe("published signature vectors", () => {
    describe("draft-cavage, appendix C and section 2.3", () => {
      interface Row {
        name: string;
        headers: string[];
        signing_string: string;
        signature_header?: string;
        created?: number;
        request?: { method: string; path: string; headers: Record<string, string | string[]> };
      }
      const file = fixtureJson<{
        key: { publicKeyPem: string };
        request: { method: string; path: string; headers: Record<string, string>; body: string };
        tests: Row[];
      }>("signatures/cavage-appendix-c.json");
      // C.1 and C.2 sign less than we ask of a POST; that is why the first step refuses them.
      const read: Record<string, VerifyReason | "ok"> = { "C.1 default": "weak", "C.2 basic": "weak" };

      for (const row of file.tests) {
        it(row.name, async () => {
          const { method, path, headers } = row.request ?? file.request;
          const message: IncomingMessage = {
            method,
            target: path,
            origins: ["http://example.com"],
            headers: { ...lowerCase(headers), signature: row.signature_header },
            body: Buffer.from(file.request.body),
          };
          if (row.signature_header === undefined) {
            const created = row.created === undefined ? undefined : String(row.created);
            const text = cavageSigningString(message, { headers: row.headers, created, expires: undefined });
            assert.deepEqual(text, { ok: true, value: row.signing_string });
            return;
          }
          const parsed = parseCavage(row.signature_header);
          assert.ok(parsed.ok);
          assert.deepEqual(parsed.value.headers, row.headers);
          assert.deepEqual(cavageSigningString(message, parsed.value), {
            ok: true,
            value: row.signing_string,
          });
          assert.equal(await verifiesCavage(message, file.key.publicKeyPem, 1024), true);
          assert.equal(
            await verifiesCavage(message, file.key.publicKeyPem),
            false,
            "1024 bits are too few for us",
          );
          const result = readSignature(message, { now: new Date("2014-01-05T21:31:40Z") });
          assert.equal(result.ok ? "ok" : result.reason, read[row.name] ?? "ok");
        });
      }
    });

    describe("Mastodon's request spec, draft form", () => {
      interface Row {
        name: string;
        request: Request;
        accepted: boolean;
        signing_string: string;
        signature_verifies_with_key: boolean;
      }
      const file = fixtureJson<{ key: { publicKeyPem: string }; tests: Row[] }>(
        "signatures/cavage-mastodon.json",
      );
      const reasons: [RegExp, VerifyReason][] = [
        [/older than a day/, "clock-skew"],
        [/Digest of a POST request is not signed/, "weak"],
        [/mismatching method/, "digest-missing"],
      ];

      for (const row of file.tests) {
        it(row.name, async () => {
          const message = messageOf(row.request);
          const parsed = parseCavage(message.headers.signature as string);
          assert.ok(parsed.ok);
          assert.deepEqual(cavageSigningString(message, parsed.value), {
            ok: true,
            value: row.signing_string,
          });
          assert.equal(await verifiesCavage(message, file.key.publicKeyPem), row.signature_verifies_with_key);
          const result = readSignature(message, { now: new Date("2023-12-20T10:00:00Z") });
          const expected = reasons.find(([name]) => name.test(row.name))?.[1] ?? "ok";
          assert.equal(result.ok ? "ok" : result.reason, expected);
          const accepted = result.ok && (await verifiesCavage(message, file.key.publicKeyPem));
          assert.equal(accepted, row.accepted);
        });
      }
    });

    describe("requests caught on the way", () => {
      interface Row {
        name: string;
        request: Request;
        publicKeyPem: string;
        signing_string: string;
      }
      const file = fixtureJson<{ tests: Row[] }>("signatures/real-requests-cavage.json");
      for (const row of file.tests) {
        const message = messageOf(row.request);
        const now = new Date(message.headers.date as string);

        it(row.name, async () => {
          const parsed = parseCavage(message.headers.signature as string);
          assert.ok(parsed.ok);
          assert.deepEqual(cavageSigningString(message, parsed.value), {
            ok: true,
            value: row.signing_string,
          });
          const result = readSignature(message, { now });
          assert.ok(result.ok, JSON.stringify(result));
          assert.deepEqual(await verifySignature(message, result.signature, row.publicKeyPem), { ok: true });
        });

        it(`${row.name}: with another body, on another day, for another site, by another key`, async () => {
          const refused = (spoilt: Partial<IncomingMessage>, at = now): VerifyReason | "ok" => {
            const result = readSignature({ ...message, ...spoilt }, { now: at });
            return result.ok ? "ok" : result.reason;
          };
          assert.equal(refused({ body: Buffer.from(`${row.request.body} `) }), "digest-mismatch");
          assert.equal(refused({}, new Date()), "clock-skew");
          assert.equal(refused({ origins: ["https://blog.example"] }), "wrong-host");
          const other = file.tests.find((one) => one.publicKeyPem !== row.publicKeyPem) as Row;
          assert.equal(await verifiesCavage(message, other.publicKeyPem), false);
        });
      }
    });

    describe("a Create of Mastodon kept by PeerTube as parsed JSON", () => {
      const file = fixtureJson<{ headers: Record<string, string>; body: unknown }>(
        "signatures/ld-mastodon-http-signature.json",
      );
      const key = fixtureJson<{ publicKey: string }>("signatures/ld-mastodon-public-key.json");
      const headers = lowerCase(file.headers);
      const plain = JSON.stringify(file.body);

      it("verifies over the bytes that Rails wrote", async () => {
        const code = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
        const body = plain.replace(/[<>&]/g, code);
        assert.equal(body.length, Number(headers["content-length"]));
        const message = messageOf({ method: "POST", target: "/accounts/ronan/inbox", headers, body });
        const result = readSignature(message, { now: new Date(headers.date as string) });
        assert.ok(result.ok, JSON.stringify(result));
        assert.deepEqual(await verifySignature(message, result.signature, key.publicKey), { ok: true });
      });

      it("does not over the same JSON written anew: the raw bytes count", () => {
        assert.equal(checkDigest(headers.digest as string, Buffer.from(plain)), "mismatch");
      });
      // The document's own `signature` (RsaSignature2017) is not checked anywhere in this package: Linked Data signatures
      // need JSON-LD canonicalisation, and what they would vouch for is fetched from its origin instead.
    });

    describe("RFC 9421, appendix B", () => {
      interface Row {
        name: string;
        label: string;
        alg: string;
        keyid: string;
        message: string;
        signature_base: string;
        signature_input: string;
        signature: string;
      }
      interface Message {
        method?: string;
        target?: string;
        status?: number;
        headers: Record<string, string>;
      }
      const file = fixtureJson<{
        keys: Record<string, { publicKeyPem?: string; secretBase64?: string }>;
        messages: Record<string, Message>;
        tests: Row[];
      }>("signatures/rfc9421-appendix-b.json");

      function sourceOf(row: Row): ComponentSource {
        // The proxied request of B.3 is not among the file's messages: it is the test request for an inner host, with the
        // client's certificate in a header, whose value stands in the base.
        const proxied = {
          ...(file.messages["test-request"] as Message),
          headers: {
            Host: "service.internal.example",
            "Client-Cert": /^"client-cert": (.*)$/m.exec(row.signature_base)?.[1] ?? "",
          },
        };
        const { method, target, status, headers } =
          row.message === "proxied-request" ? proxied : (file.messages[row.message] as Message);
        return {
          method: method ?? "",
          target: target ?? "",
          scheme: "https",
          authority: headers.Host ?? "",
          headers: lowerCase(headers),
          ...(status === undefined ? {} : { status }),
        };
      }

      for (const row of file.tests) {
        it(row.name, () => {
          const parsed = parseSignatureInput(row.signature_input, row.signature);
          assert.ok(parsed.ok, JSON.stringify(parsed));
          const signature = parsed.value[0] as MessageSignature;
          assert.equal(signature.label, row.label);
          assert.equal(signature.keyId, row.keyid);
          const base = signatureBase(sourceOf(row), signature);
          assert.deepEqual(base, { ok: true, value: row.signature_base });
          const key = file.keys[row.keyid] ?? {};
          if (row.alg === "hmac-sha256") {
            // Nobody in the fediverse shares a secret with us, so no code of ours verifies one: the base is what counts.
            const mac = createHmac("sha256", Buffer.from(key.secretBase64 ?? "", "base64")).update(
              row.signature_base,
            );
            assert.deepEqual(mac.digest(), signature.signature);
            assert.equal(isMessageAlgorithm(row.alg), false);
            return;
          }
          assert.ok(isMessageAlgorithm(row.alg));
          const keyObject = publicKey(key.publicKeyPem ?? "");
          assert.equal(verifyBase(row.signature_base, signature.signature, keyObject, row.alg), true);
          assert.equal(verifyBase(`${row.signature_base} `, signature.signature, keyObject, row.alg), false);
        });
      }
    });

    describe("Mastodon's request spec, final form", () => {
      interface Row {
        name: string;
        request: Request;
        accepted: boolean;
        signature_base: string;
        signature_verifies_with_key: boolean;
      }
      const file = fixtureJson<{ key: { publicKeyPem: string }; tests: Row[] }>(
        "signatures/rfc9421-mastodon.json",
      );
      const reasons: [RegExp, VerifyReason][] = [
        [/mismatching method/, "digest-missing"],
        [/tampered body/, "digest-mismatch"],
        [/malformed `Content-Digest`/, "malformed"],
      ];

      for (const row of file.tests) {
        it(row.name, async () => {
          const scheme = /"@target-uri": (https?):/.exec(row.signature_base)?.[1];
          const message = messageOf(row.request, scheme);
          const parsed = parseSignatureInput(
            message.headers["signature-input"] as string,
            message.headers.signature as string,
          );
          assert.ok(parsed.ok);
          const parameters = parsed.value[0] as MessageSignature;
          const source: ComponentSource = {
            method: message.method,
            target: message.target,
            headers: message.headers,
            scheme: scheme as "http" | "https",
            authority: message.headers.host as string,
          };
          assert.deepEqual(signatureBase(source, parameters), { ok: true, value: row.signature_base });
          const signature = { scheme: "rfc9421", keyId: parameters.keyId ?? "", parameters } as const;
          const verified = await verifySignature(message, signature, file.key.publicKeyPem);
          assert.equal(verified.ok, row.signature_verifies_with_key);
          const result = readSignature(message, { now: new Date("2023-12-20T10:00:00Z") });
          const expected = reasons.find(([name]) => name.test(row.name))?.[1] ?? "ok";
          assert.equal(result.ok ? "ok" : result.reason, expected);
          assert.equal(result.ok && verified.ok, row.accepted);
        });
      }
    });

    describe("FEP-521a, multikeys", () => {
      const feature = fixtureText("signatures/fep-521a.feature");
      const rows = [
        ...feature.matchAll(
          /public key (?:in PKCS#1 DER format )?as a hex string "([0-9a-f]+)"[^]*?"publicKeyMultibase": "(\w+)"/g,
        ),
      ];

      it("has the two rows", () => assert.equal(rows.length, 2));
      for (const [, hex = "", multibase = ""] of rows) {
        it(`${multibase.slice(0, 12)}…`, () => {
          const key = createPublicKey(pemOfMultikey(multibase));
          const bytes =
            key.asymmetricKeyType === "ed25519"
              ? Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url")
              : key.export({ format: "der", type: "pkcs1" });
          assert.equal(Buffer.from(bytes as Uint8Array).toString("hex"), hex);
        });
      }
    });

    describe("FEP-8b32, object proofs", () => {
      // Signing a document and checking its proof (eddsa-jcs-2022) are about what is inside a document, not about a
      // request: nothing in this room reads JSON. What fits here is the actor's multikey.
      it("the actor's key is an Ed25519 key", () => {
        const multibase =
          /"publicKeyMultibase": "(\w+)"/.exec(fixtureText("signatures/fep-8b32.feature"))?.[1] ?? "";
        assert.equal(publicKey(pemOfMultikey(multibase)).asymmetricKeyType, "ed25519");
      });
    });
  });
}
