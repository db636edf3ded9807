import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc, truthy } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { matcher } from "../query/match.ts";
import { parseQuery } from "../query/parse.ts";
import { plainPath } from "../query/path.ts";
import { parseProjection } from "../query/project.ts";
import { parseSort, Sorter, sortKey } from "../query/sort.ts";
import type { Variables } from "./expression.ts";
import { compileExpression } from "./expression.ts";
import { Grouping, parseGroup } from "./group.ts";

/** Documents one by one; undefined is a point where the task may pause. */
export type Documents = Generator<Doc | undefined, void, undefined>;

/** One stage of a pipeline, ready to run. */
export type Stage = (source: Documents) => Documents;

function count(value: Value, name: string, least: number): number {
  const number = asNumber(value);
  if (number === undefined || !Number.isInteger(number) || number < least) {
    throw new StoreError(15958, `the ${name} must be a whole number of at least ${least}`);
  }
  return number;
}

/** A stage that makes one document (or none) of each. */
function mapping(change: (document: Doc) => Doc | undefined): Stage {
  return function* (source) {
    for (const document of source) {
      if (document === undefined) yield undefined;
      else {
        const result = change(document);
        if (result !== undefined) yield result;
      }
    }
  };
}

function limit(most: number): Stage {
  return function* (source) {
    let taken = 0;
    for (const document of source) {
      yield document;
      if (document !== undefined && ++taken >= most) return;
    }
  };
}

function skip(first: number): Stage {
  let left = first;
  return mapping((document) => (left-- > 0 ? undefined : document));
}

/** An estimate is enough: it only guards the memory a sort may take. */
const estimatedBytes = 512;

function sort(given: Value): Stage {
  const fields = parseSort(given);
  return function* (source) {
    const sorter = new Sorter<Doc>(0);
    for (const document of source) {
      if (document === undefined) yield undefined;
      else sorter.add(sortKey(document, fields), document, estimatedBytes);
    }
    yield* sorter.sorted();
  };
}

function group(given: Value, variables: Variables): Stage {
  const parsed = parseGroup(given, variables);
  return function* (source) {
    const grouping = new Grouping(parsed);
    for (const document of source) {
      if (document === undefined) yield undefined;
      else grouping.add(document);
    }
    yield* grouping.results();
  };
}

function counter(given: Value): Stage {
  if (typeof given !== "string" || given === "" || given.startsWith("$") || given.includes(".")) {
    throw new StoreError(40156, "the count field must be a non-empty string without '$' and '.'");
  }
  return function* (source) {
    let total = 0;
    for (const document of source) {
      if (document === undefined) yield undefined;
      else total++;
    }
    if (total > 0) yield new Map([[given, total]]);
  };
}

function replaceAt(document: Doc, parts: readonly string[], value: Value | undefined): Doc {
  const copy = new Map(document);
  const [name, ...rest] = parts as [string, ...string[]];
  if (rest.length > 0) {
    const below = copy.get(name);
    copy.set(name, replaceAt(isDoc(below) ? below : new Map<string, Value>(), rest, value));
  } else if (value === undefined) copy.delete(name);
  else copy.set(name, value);
  return copy;
}

function unwind(given: Value): Stage {
  const options: Doc = isDoc(given) ? given : new Map([["path", given]]);
  for (const name of options.keys()) {
    if (!["path", "includeArrayIndex", "preserveNullAndEmptyArrays"].includes(name)) {
      throw new StoreError(28811, `unrecognized option to $unwind stage: ${name}`);
    }
  }
  const path = options.get("path");
  if (typeof path !== "string" || !path.startsWith("$")) {
    throw new StoreError(28818, "path option to $unwind stage should be prefixed with a '$'");
  }
  const parts = path.slice(1).split(".");
  if (parts.some((part) => part === "" || part.startsWith("$"))) {
    throw new StoreError(16410, `invalid field path '${path}'`);
  }
  const indexName = options.get("includeArrayIndex");
  const preserve = truthy(options.get("preserveNullAndEmptyArrays"));
  const numbered = (document: Doc, index: Value): Doc =>
    typeof indexName === "string" ? replaceAt(document, indexName.split("."), index) : document;
  return function* (source) {
    for (const document of source) {
      if (document === undefined) {
        yield undefined;
        continue;
      }
      // Unlike an expression, it does not look into arrays on the way.
      const { value } = plainPath(document, parts);
      if (Array.isArray(value) && value.length > 0) {
        for (const [at, element] of value.entries()) {
          yield numbered(replaceAt(document, parts, element), BigInt(at));
        }
      } else if (value !== undefined && value !== null && !Array.isArray(value))
        yield numbered(document, null);
      else if (preserve)
        yield numbered(Array.isArray(value) ? replaceAt(document, parts, undefined) : document, null);
    }
  };
}

function addFields(given: Value, variables: Variables): Stage {
  if (!isDoc(given)) throw new StoreError(40272, "$addFields specification stage must be an object");
  const fields: { parts: string[]; value: ReturnType<typeof compileExpression> }[] = [];
  const collect = (prefix: string, spec: Doc): void => {
    for (const [name, part] of spec) {
      const [first] = isDoc(part) ? part.keys() : [];
      if (isDoc(part) && first !== undefined && !first.startsWith("$")) collect(`${prefix}${name}.`, part);
      else fields.push({ parts: `${prefix}${name}`.split("."), value: compileExpression(part, variables) });
    }
  };
  collect("", given);
  return mapping((document) =>
    fields.reduce((result, { parts, value }) => {
      if (plainPath(result, parts).throughArray) {
        throw notImplemented("$addFields of a path through an array");
      }
      return replaceAt(result, parts, value(document));
    }, document),
  );
}

function unset(given: Value): Stage {
  const names = Array.isArray(given) ? given : [given];
  if (!names.every((name) => typeof name === "string")) {
    throw new StoreError(31002, "$unset specification must be a string or an array of strings");
  }
  const projection = parseProjection(new Map(names.map((name) => [name, 0])));
  return mapping((document) => projection?.(document) ?? document);
}

function replaceRoot(given: Value | undefined, variables: Variables): Stage {
  if (given === undefined) throw new StoreError(40231, "no newRoot specified for the $replaceRoot stage");
  const value = compileExpression(given, variables);
  return mapping((document) => {
    const root = value(document);
    if (!isDoc(root)) throw new StoreError(40228, "'newRoot' expression must evaluate to an object");
    return root;
  });
}

function sample(given: Value): Stage {
  const size = count(isDoc(given) ? (given.get("size") ?? null) : null, "size of $sample", 1);
  return function* (source) {
    const chosen: Doc[] = [];
    let seen = 0;
    for (const document of source) {
      if (document === undefined) {
        yield undefined;
        continue;
      }
      seen++;
      if (chosen.length < size) chosen.push(document);
      else {
        const at = Math.floor(Math.random() * seen);
        if (at < size) chosen[at] = document;
      }
    }
    yield* chosen;
  };
}

function project(given: Value, variables: Variables): Stage {
  if (!isDoc(given) || given.size === 0) {
    throw new StoreError(51272, "Invalid $project :: projection specification must have at least one field");
  }
  const projection = parseProjection(given, undefined, variables);
  return mapping((document) => projection?.(document) ?? document);
}

function match(given: Value, variables: Variables): Stage {
  if (!isDoc(given)) throw new StoreError(15959, "the match filter must be an expression in an object");
  const matches = matcher(parseQuery(given, variables));
  return mapping((document) => (matches(document) ? document : undefined));
}

const stages: Readonly<Record<string, (given: Value, variables: Variables) => Stage>> = {
  $match: match,
  $sort: sort,
  $limit: (given) => limit(count(given, "limit", 1)),
  $skip: (given) => skip(count(given, "skip", 0)),
  $project: project,
  $group: group,
  $count: counter,
  $unwind: unwind,
  $sample: sample,
  $addFields: addFields,
  $set: addFields,
  $unset: unset,
  $replaceRoot: (given, variables) => replaceRoot(isDoc(given) ? given.get("newRoot") : undefined, variables),
  $replaceWith: replaceRoot,
};

/** Name and argument of a stage. @throws {StoreError} 40323 when it has not exactly one field */
export function stageOf(given: Value): readonly [string, Value] {
  if (!isDoc(given) || given.size !== 1) {
    throw new StoreError(40323, "A pipeline stage specification object must contain exactly one field.");
  }
  return [...given][0] as [string, Value];
}

/** Makes a stage ready to run. @throws {StoreError} 238 for a stage that is not implemented */
export function compileStage(given: Value, variables: Variables): Stage {
  const [name, operand] = stageOf(given);
  const make = stages[name];
  if (make === undefined) {
    if (/^\$[a-zA-Z]+$/.test(name)) throw notImplemented(`the aggregation stage ${name}`);
    throw new StoreError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
  return make(operand, variables);
}

/** Stages that an update with a pipeline may have: each makes one document of one. */
const updateStages = new Set(["$set", "$addFields", "$unset", "$project", "$replaceRoot", "$replaceWith"]);

/** Compiles an update's pipeline into one function. @throws {StoreError} 72 for a stage that has no place there */
export function compileUpdate(pipeline: readonly Value[], variables: Variables): (document: Doc) => Doc {
  const compiled = pipeline.map((given) => {
    const [name] = stageOf(given);
    if (!updateStages.has(name)) {
      throw new StoreError(codes.invalidOptions, `${name} is not allowed to be used within an update`);
    }
    return compileStage(given, variables);
  });
  return (document) => {
    const [result] = runStages(pausing([document]), compiled);
    return result ?? document;
  };
}

/** Puts documents through stages one after the other, pausing now and then even where a stage is slow. */
export function runStages(source: Documents, list: readonly Stage[]): Documents {
  return list.reduce<Documents>((documents, stage) => stage(documents), source);
}

function* pausing(source: Iterable<Doc>): Documents {
  yield* source;
}
