/**
 * Methods and paths by segment: as quick for the two-hundredth route as for the first, which a list of patterns is not.
 * A fixed segment wins over a `:name`.
 */
export class RouteTable<T> {
  readonly #root = new Node<T>();

  /** @throws Error for a route that is there already: two rooms want the same method. */
  add(method: string, path: string, value: T): void {
    let at = this.#root;
    const names: string[] = [];
    for (const segment of segmentsOf(path)) {
      if (segment.startsWith(":")) {
        names.push(segment.slice(1));
        at = at.any ??= new Node<T>();
      } else {
        let next = at.fixed.get(segment);
        if (next === undefined) at.fixed.set(segment, (next = new Node<T>()));
        at = next;
      }
    }
    if (at.values.has(method)) throw new Error(`${method} ${path} is there twice`);
    at.values.set(method, { value, names });
  }

  /** Slashes at the end, and doubled ones, do not matter. */
  find(method: string, path: string): { value: T; path: Record<string, string> } | undefined {
    const found: string[] = [];
    const node = walk(this.#root, segmentsOf(path), 0, method, found);
    const entry = node?.values.get(method);
    if (entry === undefined) return undefined;
    const values: Record<string, string> = {};
    for (const [at, name] of entry.names.entries()) {
      const decoded = decode(found[at] ?? "");
      if (decoded === undefined) return undefined;
      values[name] = decoded;
    }
    return { value: entry.value, path: values };
  }
}

class Node<T> {
  readonly fixed = new Map<string, Node<T>>();
  any: Node<T> | undefined;
  readonly values = new Map<string, { value: T; names: string[] }>();
}

function walk<T>(
  node: Node<T>,
  segments: string[],
  at: number,
  method: string,
  found: string[],
): Node<T> | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.values.has(method) ? node : undefined;
  const fixed = node.fixed.get(segment);
  const end = fixed === undefined ? undefined : walk(fixed, segments, at + 1, method, found);
  if (end !== undefined || node.any === undefined) return end;
  found.push(segment);
  const other = walk(node.any, segments, at + 1, method, found);
  if (other === undefined) found.pop();
  return other;
}

function segmentsOf(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    // No text at all, so it names nothing.
    return undefined;
  }
}
