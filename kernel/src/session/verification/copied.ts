/**
 * A copy of what hooks keep: of arrays, typed arrays, maps, sets and plain objects, with everything in them. What else there
 * is, a function or an object of a class, may hold what nobody can copy and stays itself.
 */
export function copied<T>(value: T, known = new Map<object, unknown>()): T {
  if (typeof value !== "object" || value === null) return value;
  const earlier = known.get(value);
  if (earlier !== undefined) return earlier as T;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date)
    return keep(value, structuredClone(value), known);
  if (Array.isArray(value)) {
    const list: unknown[] = keep(value, [], known);
    for (const each of value) list.push(copied(each, known));
    return list as T;
  }
  if (value instanceof Map) {
    const map = keep(value, new Map<unknown, unknown>(), known);
    for (const [key, each] of value) map.set(copied(key, known), copied(each, known));
    return map as T;
  }
  if (value instanceof Set) {
    const set = keep(value, new Set<unknown>(), known);
    for (const each of value) set.add(copied(each, known));
    return set as T;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const object = keep(value, Object.create(prototype as object | null) as object, known);
  const properties = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap;
  // Whatever is not listed, as how it shows in a cell, is kept as it is.
  for (const each of Object.values(properties))
    if (each.enumerable === true && "value" in each) each.value = copied(each.value, known);
  return Object.defineProperties(object, properties) as T;
}

function keep<Copy>(value: object, copy: Copy, known: Map<object, unknown>): Copy {
  known.set(value, copy);
  return copy;
}
