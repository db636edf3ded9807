import { decode } from "../bson/decode.ts";
import { encode } from "../bson/encode.ts";
import type { Doc } from "../bson/value.ts";
import type { Request } from "../commands/context.ts";
import type { Frame } from "./framing.ts";
import { ProtocolError } from "./framing.ts";

const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;

const checksumPresent = 1;
const moreToCome = 2;
const exhaustAllowed = 0x10000;
/** Bits below 16 that are not known have to be refused. */
const unknownRequired = 0xffff & ~(checksumPresent | moreToCome);

/** A command and how it wants to be answered. */
export interface Incoming {
  readonly request: Request;
  /** The old form that drivers use for the first message of a connection. */
  readonly legacy: boolean;
  /** The client does not want an answer. */
  readonly silent: boolean;
}

function cstring(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(0, at);
  if (end === -1) throw new ProtocolError("a name in a message has no end");
  return end;
}

function int32(bytes: Buffer, at: number): number {
  if (at < 0 || at + 4 > bytes.length) throw new ProtocolError("a message is cut short");
  return bytes.readInt32LE(at);
}

function documentAt(bytes: Buffer, at: number, end: number): Buffer {
  const size = int32(bytes, at);
  if (size < 5 || at + size > end) throw new ProtocolError("a document in a message does not fit");
  return bytes.subarray(at, at + size);
}

function toRequest(
  body: Doc,
  db: string,
  documents: readonly Buffer[] | undefined,
  connection: number,
): Request {
  const [name] = body.keys();
  return { name: name ?? "", db, body, documents, connection };
}

interface Sections {
  body: Buffer | undefined;
  readonly sequences: Map<string, Buffer[]>;
}

function readSequence(bytes: Buffer, at: number, end: number, sections: Sections): number {
  const size = int32(bytes, at);
  const stop = at + size;
  if (size < 5 || stop > end) throw new ProtocolError("a section of a message does not fit");
  const nameEnd = cstring(bytes, at + 4);
  if (nameEnd >= stop) throw new ProtocolError("a section of a message does not fit");
  const name = bytes.toString("utf8", at + 4, nameEnd);
  if (sections.sequences.has(name)) throw new ProtocolError("a section of a message comes twice");
  const documents: Buffer[] = [];
  let next = nameEnd + 1;
  while (next < stop) {
    const document = documentAt(bytes, next, stop);
    documents.push(document);
    next += document.length;
  }
  sections.sequences.set(name, documents);
  return stop;
}

function readMsg(bytes: Buffer, connection: number): Incoming {
  const flags = int32(bytes, 0);
  if ((flags & unknownRequired) !== 0) throw new ProtocolError("a message has unknown required flags");
  const end = (flags & checksumPresent) === 0 ? bytes.length : bytes.length - 4;
  const sections: Sections = { body: undefined, sequences: new Map() };
  let at = 4;
  while (at < end) {
    const kind = bytes[at];
    at++;
    if (kind === 0) {
      if (sections.body !== undefined) throw new ProtocolError("a message has two bodies");
      sections.body = documentAt(bytes, at, end);
      at += sections.body.length;
    } else if (kind === 1) at = readSequence(bytes, at, end, sections);
    else throw new ProtocolError(`a message has a section of unknown kind ${String(kind)}`);
  }
  if (sections.body === undefined) throw new ProtocolError("a message has no body");
  const body = decode(sections.body);
  let documents: Buffer[] | undefined;
  for (const [name, list] of sections.sequences) {
    // Documents to insert stay bytes: they are stored as they are.
    if (name === "documents") documents = list;
    else
      body.set(
        name,
        list.map((document) => decode(document)),
      );
  }
  const db = body.get("$db");
  return {
    request: toRequest(body, typeof db === "string" ? db : "admin", documents, connection),
    legacy: false,
    silent: (flags & moreToCome) !== 0 && (flags & exhaustAllowed) === 0,
  };
}

/** Only the handshake comes in this form: `isMaster` or `hello` on `<db>.$cmd`. */
function readQuery(bytes: Buffer, connection: number): Incoming {
  const nameEnd = cstring(bytes, 4);
  const namespace = bytes.toString("utf8", 4, nameEnd);
  const at = nameEnd + 9;
  if (!namespace.endsWith(".$cmd")) throw new ProtocolError("OP_QUERY is only answered for commands");
  const body = decode(documentAt(bytes, at, bytes.length));
  const request = toRequest(body, namespace.slice(0, -5), undefined, connection);
  if (!/^(?:isMaster|ismaster|hello)$/.test(request.name)) {
    throw new ProtocolError("OP_QUERY is only answered for the handshake");
  }
  return { request, legacy: true, silent: false };
}

/**
 * Reads a command from a message.
 * @throws {ProtocolError} when it is none
 * @throws {StoreError} 22 when a document in it is not valid BSON
 */
export function readMessage(frame: Frame, connection: number): Incoming {
  if (frame.opCode === opMsg) return readMsg(frame.body, connection);
  if (frame.opCode === opQuery) return readQuery(frame.body, connection);
  throw new ProtocolError(`messages of kind ${frame.opCode} are not understood`);
}

let lastId = 0;

function header(length: number, responseTo: number, opCode: number, extra: number): Buffer {
  lastId = (lastId + 1) & 0x7fffffff;
  const bytes = Buffer.alloc(16 + extra);
  bytes.writeInt32LE(length + 16 + extra, 0);
  bytes.writeInt32LE(lastId, 4);
  bytes.writeInt32LE(responseTo, 8);
  bytes.writeInt32LE(opCode, 12);
  return bytes;
}

/** The message that answers a request. */
export function writeReply(reply: Doc, responseTo: number, legacy: boolean): Buffer[] {
  const document = encode(reply);
  if (!legacy) return [header(document.length, responseTo, opMsg, 5), document];
  const head = header(document.length, responseTo, opReply, 20);
  head.writeInt32LE(8, 16);
  head.writeInt32LE(1, 32);
  return [head, document];
}
