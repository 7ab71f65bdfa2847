import type { AppEnvironment } from '../model/app-environment.ts';
import type { Destination } from '../model/request.ts';
import { githubVariables } from '../run/github-variables.ts';
import { readAccess, readHosts, readNetworkRange } from './access.ts';
import { checkApp, checkProjectLength, defaultAppName, parseEnvironment } from './names.ts';
import type { Inputs } from './reader.ts';

/** The hosts of an environment, or the managers of its swarm. */
export function readDestination(inputs: Inputs): Destination {
  const { app, environment } = readAppEnvironment(inputs);
  inputs.required(
    'hosts',
    `List the hosts of ${environment}, one per line: ssh://user@host.${buildOnlyAdvice(inputs)}`,
  );
  const hosts = readHosts(inputs);
  return {
    app,
    environment,
    hosts,
    access: readAccess(inputs, hosts),
    networkRange: inputs.has('network-range') ? readNetworkRange(inputs) : undefined,
  };
}

const buildOnlyAdvice = ({ command }: Inputs): string =>
  command === 'deliver' ? ' To build and push only, use the action in build/.' : '';

export function readAppEnvironment(inputs: Inputs): AppEnvironment {
  const environment = readEnvironment(inputs, buildOnlyAdvice(inputs));
  const appInput = inputs.text('app');
  const app =
    appInput === undefined ? defaultAppName(githubVariables().repository ?? '') : checkApp(appInput);
  checkProjectLength(app, environment);
  return { app, environment };
}

export const readEnvironment = (inputs: Inputs, advice = ''): string =>
  parseEnvironment(
    inputs.required('environment', `Name the environment, such as staging or production.${advice}`),
  );
