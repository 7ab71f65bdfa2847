type Json = Readonly<Record<string, unknown>>;

/** An OpenAPI description, as far as an excerpt of it needs to know. */
interface Description {
  readonly openapi: string;
  readonly info: unknown;
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Readonly<Record<string, Json>>;
}

/**
 * Some operations of an OpenAPI description, with all components that they refer to. Unchanged otherwise, but for the examples.
 *
 * @param names of operations: `GET /repos/{owner}/{repo}`
 * @throws Error for an operation that the description does not have
 */
export function excerptOf(description: Description, names: readonly string[]): Description {
  const operations: Record<string, Record<string, unknown>> = {};
  for (const name of names) {
    const [method = '', path = ''] = name.split(' ');
    const operation = description.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`The description has no ${name}.`);
    operations[path] ??= {};
    operations[path][method.toLowerCase()] = withoutExamples(operation);
  }
  const components: Record<string, Record<string, unknown>> = {};
  const queue = referencesIn(operations);
  for (const reference of queue) {
    const [kind = '', name = ''] = reference.replace('#/components/', '').split('/');
    components[kind] ??= {};
    if (name in components[kind]) continue;
    const component = withoutExamples(description.components[kind]?.[name]);
    components[kind][name] = component;
    queue.push(...referencesIn(component));
  }
  const { openapi, info } = description;
  return { openapi, info, paths: operations, components };
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === '$ref' && typeof each === 'string' ? [each] : referencesIn(each),
  );
}

/** Examples are the larger part of a description, and nothing is checked against them. A property may have that name too. */
function withoutExamples(value: unknown, areNames = false): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutExamples(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => areNames || !/^examples?$/.test(key))
      .map(([key, each]) => [key, withoutExamples(each, key === 'properties')]),
  );
}
