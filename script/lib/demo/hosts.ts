import { type Lab, type Server, serverOf, sshInputs } from '../../../__tests__/support/lab.ts';
import { type Platform, registryOf } from './story.ts';

const shopAt = (server: Server): string => `http://${server.address}:8080/`;

/** One server for staging, two for production. */
export const hosts: Platform = {
  title: 'A registry, a runner and three servers with sshd, on this machine',
  ...{ servers: 3, kubernetes: false },
  files: async () => ({}),
  async prepare(lab: Lab) {
    const [staging, ...production] = lab.servers;
    if (staging === undefined || production.length === 0)
      throw new Error('The demo needs two servers or more.');
    const reached = { environment: 'production', ...sshInputs(lab, production) };
    const { name } = production[0] ?? serverOf(lab);
    const inLab = `LAB=${lab.folder} lab/lab in ${name}`;
    return {
      staging: {
        inputs: {
          ...{ environment: 'staging', env: 'ENVIRONMENT=staging' },
          ...sshInputs(lab, [staging]),
          ...registryOf(lab),
        },
        addresses: [shopAt(staging)],
      },
      production: { inputs: { ...reached, ...registryOf(lab) }, addresses: production.map(shopAt) },
      deployed: {
        env: 'ENVIRONMENT=production',
        url: `${shopAt(production[0] ?? staging)}up`,
        'health-timeout': '10s',
      },
      status: reached,
      look: [
        `production:      ${production.map(shopAt).join(' ')}`,
        `staging:         ${shopAt(staging)}`,
        `Its containers:  ${inLab} docker ps`,
        `Its releases:    ${inLab} docker compose ls --all`,
      ],
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};
