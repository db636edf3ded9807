import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
  type ECDH,
} from "node:crypto";
import { startServer, type RecordedRequest, type TestServer } from "../../support/server.ts";

/** Someone's phone with its push service: decrypts by RFC 8291 (and draft 04), checks VAPID by RFC 8292. */
export class PushReceiver {
  /** What the service answers. */
  status = 201;
  readonly server: TestServer;
  readonly auth = randomBytes(16);
  readonly #keys: ECDH;

  private constructor(server: TestServer) {
    this.server = server;
    this.#keys = createECDH("prime256v1");
    this.#keys.generateKeys();
  }

  static async start(): Promise<PushReceiver> {
    const made: { receiver?: PushReceiver } = {};
    const server = await startServer((_request, response) => {
      response.statusCode = made.receiver?.status ?? 500;
      response.end();
    });
    return (made.receiver = new PushReceiver(server));
  }

  get endpoint(): string {
    return `${this.server.origin}/push/abc`;
  }

  /** What an app sends of it. */
  subscription(standard = true): object {
    return {
      endpoint: this.endpoint,
      keys: { p256dh: this.#keys.getPublicKey("base64url"), auth: this.auth.toString("base64url") },
      standard,
    };
  }

  get received(): readonly RecordedRequest[] {
    return this.server.requests;
  }

  /** The message in the last request. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever JSON came
  last(): any {
    const request = this.received.at(-1);
    if (request === undefined) throw new Error("nothing was received");
    const text =
      request.headers["content-encoding"] === "aesgcm"
        ? this.#decryptDraft(request)
        : this.#decrypt(request.body);
    return JSON.parse(text.toString()) as unknown;
  }

  /** RFC 8291 in RFC 8188: salt, record size, sender's key, one record that ends with 2. */
  #decrypt(body: Buffer): Buffer {
    const salt = body.subarray(0, 16);
    const size = body.readUInt32BE(16);
    const sender = body.subarray(21, 21 + body.readUInt8(20));
    const record = body.subarray(21 + sender.length);
    if (record.length > size) throw new Error("more than one record");
    const shared = this.#keys.computeSecret(sender);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.#keys.getPublicKey(), sender]);
    const input = Buffer.from(hkdfSync("sha256", shared, this.auth, info, 32));
    const padded = open(
      record,
      Buffer.from(hkdfSync("sha256", input, salt, "Content-Encoding: aes128gcm\0", 16)),
      Buffer.from(hkdfSync("sha256", input, salt, "Content-Encoding: nonce\0", 12)),
    );
    const end = padded.lastIndexOf(2);
    if (padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("no delimiter at the end");
    return padded.subarray(0, end);
  }

  /** draft-ietf-webpush-encryption-04: salt and key in headers, the padding's length in front. */
  #decryptDraft({ headers, body }: RecordedRequest): Buffer {
    const salt = Buffer.from(/salt=([\w-]+)/.exec(String(headers["encryption"]))?.[1] ?? "", "base64url");
    const sender = Buffer.from(/dh=([\w-]+)/.exec(String(headers["crypto-key"]))?.[1] ?? "", "base64url");
    const shared = this.#keys.computeSecret(sender);
    const input = Buffer.from(hkdfSync("sha256", shared, this.auth, "Content-Encoding: auth\0", 32));
    const sized = (key: Buffer): Buffer => Buffer.concat([Buffer.from([0, key.length]), key]);
    const context = Buffer.concat([Buffer.from("P-256\0"), sized(this.#keys.getPublicKey()), sized(sender)]);
    const info = (name: string): Buffer =>
      Buffer.concat([Buffer.from(`Content-Encoding: ${name}\0`), context]);
    const padded = open(
      body,
      Buffer.from(hkdfSync("sha256", input, salt, info("aesgcm"), 16)),
      Buffer.from(hkdfSync("sha256", input, salt, info("nonce"), 12)),
    );
    return padded.subarray(2 + padded.readUInt16BE(0));
  }
}

function open(sealed: Buffer, key: Buffer, nonce: Buffer): Buffer {
  const decipher = createDecipheriv("aes-128-gcm", key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

/** Reads and checks `Authorization: vapid t=…, k=…`; the claims, where the signature is right. */
export function vapidClaims(request: RecordedRequest): {
  claims: { aud: string; sub: string; exp: number };
  key: string;
} {
  const [, token = "", key = ""] =
    /^vapid t=([\w.-]+), k=([\w-]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const [head = "", body = "", signature = ""] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
  const isRight = verify(
    "sha256",
    Buffer.from(`${head}.${body}`),
    { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!isRight) throw new Error("the signature of VAPID is wrong");
  return {
    claims: JSON.parse(Buffer.from(body, "base64url").toString()) as {
      aud: string;
      sub: string;
      exp: number;
    },
    key,
  };
}
