// Settings before they are validated: nested objects of unknown shape.

export type Tree = { [key: string]: unknown };

export function merge(base: Tree, over: Tree): Tree {
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    const merged = isTree(below) && isTree(value) ? merge(below, value) : value;
    // Not assigned: "__proto__" would be no key then, but what every object inherits from.
    Object.defineProperty(base, key, { value: merged, writable: true, enumerable: true, configurable: true });
  }
  return base;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings below a key; where a file put something else there, ones that nobody looks at: validation says what is wrong. */
export function branch(tree: Tree, key: string): Tree {
  const below = (tree[key] ??= {});
  return isTree(below) ? below : {};
}

/** What stands at a path such as "session.days"; undefined where nothing does. */
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
