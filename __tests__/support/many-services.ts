/** Small Compose files with much in them: services that lead to each other, or one service with many entries. */
import fc from 'fast-check';

type Service = Readonly<Record<string, unknown>>;

const nameOf = (number: number): string => `s${number}`;
/** As Compose resolves it. */
const named = <T>(names: readonly string[], value: (name: string, index: number) => T) =>
  Object.fromEntries(names.map((name, index) => [name, value(name, index)]));

/** To which others a service leads. With two there are as many ways through a file as Fibonacci's numbers. */
const LEADS: Readonly<Record<string, (number: number, count: number) => readonly number[]>> = {
  'to the one before': (number) => [number - 1],
  'to the two before': (number) => [number - 1, number - 2],
  'to the first': () => [0],
  'to the next one, in a ring': (number, count) => [(number + 1) % count],
  'to itself': (number) => [number],
};

/** By what it leads there. */
const BY: Readonly<Record<string, (others: readonly string[]) => Service>> = {
  depends_on: (others) => ({
    depends_on: named(others, () => ({ condition: 'service_healthy', required: true })),
  }),
  network_mode: ([other]) => (other === undefined ? {} : { network_mode: `service:${other}` }),
  volumes_from: (others) => ({ volumes_from: others }),
  environment: (others) => ({ environment: named(others, (name) => `http://${name}:80/`) }),
  'a label': (others) => ({ labels: named(others, (name) => `http://${name}:80`) }),
  'a command': (others) => ({ command: others.map((name) => `http://${name}:80`) }),
};

const times = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => nameOf(index));

/** Of one service: so many entries. */
const ENTRIES: Readonly<Record<string, (names: readonly string[]) => Service>> = {
  ports: (names) => ({
    ports: names.map((_, index) => ({
      ...{ mode: 'ingress', protocol: 'tcp' },
      ...{ target: 80 + index, published: String(8000 + index) },
    })),
  }),
  volumes: (names) => ({
    volumes: names.map((name) => ({ type: 'volume', source: name, target: `/${name}`, volume: {} })),
  }),
  environment: (names) => ({ environment: named(names, (name) => name) }),
  labels: (names) => ({ labels: named(names, (name) => name) }),
  networks: (names) => ({ networks: named(names, (name) => ({ aliases: [name] })) }),
  command: (names) => ({ command: names }),
  extra_hosts: (names) => ({ extra_hosts: names.map((name) => `${name}=127.0.0.1`) }),
  levels: (names) => ({ labels: names.reduce<unknown>((inner) => [inner], []) }),
};

/** A Compose file as Compose prints it, with so many services or entries. */
export type GrowingFile = (count: number) => Readonly<Record<string, unknown>>;

const described = (file: GrowingFile, text: string): GrowingFile =>
  Object.assign(file, { [fc.toStringMethod]: () => text });

const own = { build: { context: '.', dockerfile: 'Dockerfile' } };
const other = { image: 'redis:7' };

const manyServices = fc
  .record({
    leads: fc.constantFrom(...Object.keys(LEADS)),
    by: fc.uniqueArray(fc.constantFrom(...Object.keys(BY)), { minLength: 1, maxLength: 2 }),
    // All are released, or every other one is an accessory.
    alternates: fc.boolean(),
  })
  .map(({ leads, by, alternates }) =>
    described(
      (count) => ({
        name: 'shop',
        services: named(times(count), (_, number) => {
          const others =
            LEADS[leads]?.(number, count)
              .filter((each) => each >= 0)
              .map(nameOf) ?? [];
          const links = by.map((name) => BY[name]?.(others));
          return Object.assign({}, alternates && number % 2 === 1 ? other : own, ...links);
        }),
      }),
      `services that lead ${leads} by ${by.join(' and ')}${alternates ? ', every other one an accessory' : ''}`,
    ),
  );

const manyEntries = fc
  .record({
    entries: fc.uniqueArray(fc.constantFrom(...Object.keys(ENTRIES)), { minLength: 1, maxLength: 3 }),
    isReleased: fc.boolean(),
  })
  .map(({ entries, isReleased }) =>
    described(
      (count) => {
        const names = times(count);
        const web = Object.assign(
          {},
          isReleased ? own : other,
          ...entries.map((entry) => ENTRIES[entry]?.(names)),
        );
        const declared = named(names, (name) => ({ name: `shop_${name}` }));
        return { name: 'shop', services: { web, app: own }, networks: declared, volumes: declared };
      },
      `${isReleased ? 'a service' : 'an accessory'} with many ${entries.join(' and ')}`,
    ),
  );

export const growingFile: fc.Arbitrary<GrowingFile> = fc.oneof(manyServices, manyEntries);
