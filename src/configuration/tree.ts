// Settings before they are validated: nested objects of unknown shape.

export type Tree = { [key: string]: unknown };

export function merge(base: Tree, over: Tree): Tree {
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    const merged = isTree(below) && isTree(value) ? merge(below, value) : value;
    // Not by assignment: "__proto__" would then not be a key, but what every object inherits from.
    Object.defineProperty(base, key, { value: merged, writable: true, enumerable: true, configurable: true });
  }
  return base;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings below a key. If a file has something else there, they are ignored: validation reports the problem. */
export function branch(tree: Tree, key: string): Tree {
  const below = (tree[key] ??= {});
  return isTree(below) ? below : {};
}

/** The value at a path such as "session.days"; undefined if there is none. */
export function at(tree: object, path: string): unknown {
  let found: unknown = tree;
  for (const key of path.split(".")) found = isTree(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

export function set(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at = tree;
  for (const key of keys) at = branch(at, key);
  at[last] = value;
}
