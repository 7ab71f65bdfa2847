import { expect, test } from '@jest/globals';
import { nameAfterRecreation } from '../../src/rollout/compose-labels.ts';

const SHORT = '2e2c863cc326';
const ID = SHORT.padEnd(64, '0');
/** As Compose writes it on what replaces another container. */
const replacing = (replaced: string) => ({ 'com.docker.compose.replace': replaced });

test.each([
  ['of the former one without that of the project', 'db-1', 'shop-db-1'],
  ['of the former one', 'database', 'database'],
  ['of a container_name that looks like one', `${SHORT}_db`, `${SHORT}_db`],
  ['of the former one by its id', ID, 'shop-db-1'],
])('a container that Compose was recreating gets its name: the label has that %s', (_, replaced, next) => {
  expect(nameAfterRecreation({ name: `${SHORT}_${next}`, labels: replacing(replaced) })).toBe(next);
});

test.each([
  ['was never recreated', `${SHORT}_db`, {}],
  ['was recreated before, and has its name again', `${SHORT}_db`, replacing(`${SHORT}_db`)],
  ['was recreated before, by its id', `${SHORT}_db`, replacing(ID.replace('2', '3'))],
  ['has no such name', 'shop-db-1', replacing('db-1')],
])('a container that %s keeps its name, whatever that looks like', (_, name, labels) => {
  expect(nameAfterRecreation({ name, labels })).toBeUndefined();
});
