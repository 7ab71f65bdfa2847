/** What a container start takes on this machine: the unit that limits of tests are multiples of. */
import { type Lab, serverOf, uniqueName } from '../lab.ts';

const STARTS = 3;
const IMAGE = 'busybox:1';

/** The median of three; milliseconds. */
export async function measureContainerStart(lab: Lab): Promise<number> {
  const { engine } = serverOf(lab);
  await engine.post(`/images/create?fromImage=${IMAGE.replace(':', '&tag=')}`);
  const took: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const name = uniqueName('speed');
    const began = performance.now();
    await engine.post(`/containers/create?name=${name}`, { Image: IMAGE, Cmd: ['sleep', '1d'] });
    await engine.post(`/containers/${name}/start`);
    took.push(performance.now() - began);
    await engine.delete(`/containers/${name}?force=1`);
  }
  engine.close();
  return Math.round(took.sort((one, other) => one - other)[1] ?? 0);
}
