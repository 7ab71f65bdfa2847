/** Before the first end-to-end test: all servers are free; how fast is this machine? What all tests have in common is built. */
import { probeImage } from '../apps/images.ts';
import { measureContainerStart } from '../lab/speed.ts';
import { freeServers, readLab } from '../lab.ts';

export default async function setup(): Promise<void> {
  freeServers();
  const lab = readLab();
  const took = await measureContainerStart(lab);
  await probeImage(lab);
  // Workers inherit it: patience.ts.
  process.env['CONTAINER_START_MS'] = String(took);
  console.log(`\nA container start takes ${took} ms here: what is waited for may take a multiple of that.`);
}
