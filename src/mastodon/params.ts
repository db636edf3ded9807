import { parseId } from "../support/ids.ts";
import { notFound } from "./errors.ts";
import { emptyBag, isBag, type Bag, type Value } from "./nesting.ts";

/** What Rails takes for "no"; everything else that is said is "yes". */
const NO = new Set(["false", "f", "0", "off", "no", ""]);

/**
 * The parameters of a request in one bag, wherever they were said: path, query, form, multipart or JSON. Every reader is
 * forgiving about the type (clients send `1`, `"1"`, `true` and `"true"` for the same thing) and takes an explicit null
 * for nothing said; none of them throws but those that say so.
 */
export class Params {
  readonly #bag: Bag;

  /** @param bags later ones win. */
  constructor(...bags: Bag[]) {
    this.#bag = Object.assign(emptyBag(), ...bags) as Bag;
  }

  /** Said, and not null. */
  has(name: string): boolean {
    return this.#bag[name] !== undefined && this.#bag[name] !== null;
  }

  /** Said as null: to some methods that is "take it away". */
  isNull(name: string): boolean {
    return this.#bag[name] === null;
  }

  /** Text as it came; a number or boolean as text. Of a name said twice, the last. */
  string(name: string): string | undefined {
    const value = this.#bag[name];
    return textOf(Array.isArray(value) ? value.at(-1) : value);
  }

  boolean(name: string): boolean | undefined;
  boolean(name: string, otherwise: boolean): boolean;
  boolean(name: string, otherwise?: boolean): boolean | undefined {
    const text = this.string(name);
    return text === undefined ? otherwise : !NO.has(text.toLowerCase());
  }

  /** A whole number, moved into `min` … `max`; `default` for nothing, or nonsense. */
  integer(name: string, range: { default: number; min?: number; max?: number }): number;
  integer(name: string, range?: { min?: number; max?: number }): number | undefined;
  integer(name: string, range: { default?: number; min?: number; max?: number } = {}): number | undefined {
    const text = this.string(name)?.trim();
    if (text === undefined || !/^[+-]?\d+$/.test(text)) return range.default;
    return Math.min(
      Math.max(Number(text), range.min ?? -Number.MAX_SAFE_INTEGER),
      range.max ?? Number.MAX_SAFE_INTEGER,
    );
  }

  /** A number with a fraction, or `undefined`. */
  number(name: string): number | undefined {
    const text = this.string(name)?.trim();
    if (text === undefined || text === "") return undefined;
    const number = Number(text);
    return Number.isFinite(number) ? number : undefined;
  }

  /** An id; one that is larger than any of ours is the largest number there is, nonsense is nothing said. */
  id(name: string): number | undefined {
    return idOf(this.string(name));
  }

  /**
   * The id in a path, or that of something that must be there.
   * @throws {ApiError} 404 for anything that is no id.
   */
  requiredId(name: string): number {
    const id = this.id(name);
    if (id === undefined) throw notFound();
    return id;
  }

  /** `id[]=1&id[]=2`, `id=1`, `id[0]=1` or a JSON list; what is no id is left out, and each is named once. */
  ids(name: string): number[] {
    return [
      ...new Set(
        this.strings(name)
          .map(idOf)
          .filter((id) => id !== undefined),
      ),
    ];
  }

  /** The same for text. */
  strings(name: string): string[] {
    return this.list(name)
      .map(textOf)
      .filter((text) => text !== undefined);
  }

  /** A list of anything; one thing alone is a list of one. */
  list(name: string): Value[] {
    const value = this.#bag[name];
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value : [value];
  }

  /** A nested bag (`poll[multiple]`), with the same readers; `undefined` where there is none. */
  object(name: string): Params | undefined {
    const value = this.#bag[name];
    return isBag(value) ? new Params(value) : undefined;
  }

  /** A list of nested bags (`fields_attributes[0][name]`); elements of another kind are left out. */
  objects(name: string): Params[] {
    return this.list(name)
      .filter(isBag)
      .map((bag) => new Params(bag));
  }

  /** The names said. */
  names(): string[] {
    return Object.keys(this.#bag);
  }

  /** The bag itself, for what is stored as it came. */
  raw(): Readonly<Bag> {
    return this.#bag;
  }
}

function textOf(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,40}$/.test(text)) return undefined;
  return parseId(text.replace(/^0+(?=\d)/, "")) ?? Number.MAX_SAFE_INTEGER;
}
