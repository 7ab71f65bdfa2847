/** Packs the orders, one by one. */
import { about } from './about.js';
import { connect } from './store.js';

const store = connect(process.env.DATABASE ?? 'db:6379');
let open = true;

process.once('SIGTERM', () => {
  console.log(`worker ${about.version} packs its last order`);
  open = false;
});

console.log(`worker ${about.version} is packing`);
await store.ask('SET', 'packer', about.version);
while (open) {
  // Waits at most a second for an order, so that it reacts to SIGTERM in time.
  const order = await store.ask('BRPOP', 'orders', '1');
  if (order !== null) await store.ask('INCR', 'packed');
}
store.close();
