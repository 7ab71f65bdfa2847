import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { read } from '../repository.ts';

/** GitHub.com, or GitHub Enterprise Server. Written by script/github-api. */
export type DescriptionName = 'api.github.com' | 'ghes-3.19';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: { readonly type: string };
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

/** An operation that a request names, with the values of its path. */
export interface Match {
  readonly operation: Operation;
  /** Where the operation is in the description, as a JSON pointer. */
  readonly pointer: string;
  readonly values: Readonly<Record<string, string>>;
}

/** GitHub's own description of its API, and what is wrong with a request or an answer by it. */
export class OpenApi {
  static readonly #all = new Map<DescriptionName, OpenApi>();
  readonly #document;
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv({ strict: false, logger: false, allErrors: true });

  /** One for each description: its validators are slow to make. */
  static of(name: DescriptionName): OpenApi {
    const known = OpenApi.#all.get(name) ?? new OpenApi(name);
    OpenApi.#all.set(name, known);
    return known;
  }

  private constructor(name: DescriptionName) {
    this.#document = JSON.parse(read(`__tests__/fixtures/github/${name}.json`));
    // CommonJS: the function itself is the default export of the default export.
    formats.default(this.#ajv);
    this.#ajv.addSchema(withNullAsType(this.#document), 'github');
  }

  /** The operation of a request; `undefined` if GitHub's API has none with this path. */
  match(method: string, path: string): Match | undefined {
    for (const [template, operations] of Object.entries<Record<string, Operation>>(this.#document.paths)) {
      const operation = operations[method.toLowerCase()];
      const values = pathPattern(template).exec(path)?.groups;
      if (operation !== undefined && values !== undefined) {
        const decoded = Object.entries(values).map(([name, value]) => [name, decodeURIComponent(value)]);
        const pointer = `/paths/${escapedForPointer(template)}/${method.toLowerCase()}`;
        return { operation, pointer, values: Object.fromEntries(decoded) };
      }
    }
    return undefined;
  }

  /** @param body as JSON; empty for a request without one */
  requestProblems(
    { operation, pointer, values }: Match,
    query: URLSearchParams,
    body: string,
  ): readonly string[] {
    const parameters = operation.parameters.map((each) => this.#resolve(each));
    const known = parameters.filter((parameter) => parameter.in === 'query');
    const given = { ...values, ...Object.fromEntries(query) };
    return [
      ...[...query.keys()]
        .filter((name) => known.every((parameter) => parameter.name !== name))
        .map((name) => `${operation.operationId} has no parameter ${name}`),
      ...parameters
        .filter(({ name, required }) => required === true && !given[name])
        .map(({ name }) => `${operation.operationId} needs ${name}`),
      ...parameters
        .filter(({ name, schema }) => schema.type === 'integer' && !/^\d+$/.test(given[name] ?? '0'))
        .map(({ name }) => `${operation.operationId}: ${name} is no integer`),
      ...(operation.requestBody === undefined
        ? []
        : this.#violations(`${pointer}/requestBody/content/application~1json/schema`, JSON.parse(body))
      ).map((problem) => `${operation.operationId}: ${problem}`),
    ];
  }

  responseProblems({ operation, pointer }: Match, status: number, body: unknown): readonly string[] {
    const response = operation.responses[status];
    // Descriptions leave out what every operation may answer: 401, 403, 429, 5xx.
    const schema =
      response === undefined
        ? '/components/schemas/basic-error'
        : `${responsePointer(response, `${pointer}/responses/${status}`)}/content/application~1json/schema`;
    return this.#violations(schema, body).map((problem) => `${operation.operationId} ${status}: ${problem}`);
  }

  /** What is wrong with a value by the schema at a JSON pointer. */
  #violations(pointer: string, value: unknown): readonly string[] {
    const validate = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `github#${pointer}` });
    this.#validators.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  #resolve(parameter: Parameter | { readonly $ref: string }): Parameter {
    if (!('$ref' in parameter)) return parameter;
    const [, , kind = '', name = ''] = parameter.$ref.split('/');
    return this.#document.components[kind][name];
  }
}

const responsePointer = (response: object, own: string): string =>
  '$ref' in response && typeof response.$ref === 'string' ? response.$ref.slice(1) : own;

const escapedForPointer = (path: string): string =>
  path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');

/** OpenAPI 3.0 writes `nullable` also beside `oneOf`, where JSON Schema, and so Ajv, wants an alternative. */
function withNullAsType(value: unknown): object {
  const convert = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(convert);
    if (typeof each !== 'object' || each === null) return each;
    const converted = Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, convert(inner)]));
    const { nullable, ...others } = converted;
    // GitHub leaves null out of its enumerations.
    if (nullable === true && Array.isArray(others['enum']))
      return { ...converted, enum: [...others['enum'], null] };
    return nullable === true && !('type' in others) ? { anyOf: [{ type: 'null' }, others] } : converted;
  };
  return Object.assign({}, convert(value));
}

/** The values of a path never contain a slash: GitHub wants them encoded. */
function pathPattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}
