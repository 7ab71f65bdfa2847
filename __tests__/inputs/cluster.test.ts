import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { inputError, readInputs, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

const SWARM = { orchestrator: 'swarm' };

test('orchestrator: swarm makes a request for a cluster, with the options that it has', () => {
  const { request } = readInputs('deploy', { ...SWARM, keep: '2', url: 'https://shop.test/up' });
  expect(request).toMatchObject({
    command: 'deploy',
    orchestrator: 'swarm',
    options: { keep: 2, healthTimeout: 60_000, url: { url: 'https://shop.test/up' }, accessories: 'leave' },
  });
  expect(readInputs('rollback', SWARM).request).toMatchObject({ orchestrator: 'swarm' });
  expect(readInputs('status', SWARM).request).toMatchObject({ orchestrator: 'swarm' });
});

test('another orchestrator is refused', () => {
  expect(inputError('deploy', { orchestrator: 'Swarm' })).toBe(
    'orchestrator: "Swarm" is not one of docker, swarm, kubernetes. Did you mean "swarm"?',
  );
});

describe('services that were made by hand', () => {
  test('are named one per line, with the image that each gets', () => {
    const services = 'shop_web=web\nshop_worker=jobs';
    expect(readInputs('deploy', { ...SWARM, service: services }).request).toMatchObject({
      options: {
        services: new Map([
          ['shop_web', 'web'],
          ['shop_worker', 'jobs'],
        ]),
      },
    });
    const { request } = readInputs('deploy', { ...SWARM, service: 'web' });
    expect(request).toMatchObject({ options: { services: new Map([['web', '']]) } });
  });

  test.each([
    [{ service: '--rollback' }, 'service: "--rollback" is not the name of a service.'],
    [{ service: 'web\nweb=api' }, 'service: "web=api" names a service twice.'],
    [{ service: 'web', 'before-release': 'migrate' }, 'service: commands around a release need a stack.'],
    [
      { service: 'web', orchestrator: 'docker' },
      'service: it names services of a swarm that were made by hand.',
    ],
  ])('%j is refused', (given, says) => {
    expect(inputError('deploy', { ...SWARM, ...given })).toContain(says);
  });
});

describe('an input for single hosts is refused with a cluster, with the way out', () => {
  test.each([
    ['strategy', 'rolling', 'Write deploy.update_config in the Compose file'],
    ['canary', '5% 1m, 100%', 'Write deploy.update_config in the Compose file'],
    ['canary-too-few', 'fail', 'A cluster does not count its requests'],
    ['bake', '1m', 'Write deploy.update_config.monitor in the Compose file'],
    ['max-parallel', '1', 'Write deploy.update_config.parallelism in the Compose file'],
    ['edge', 'none', 'The cluster sends requests to the services'],
    ['health-path', '/up', 'Give the service a HEALTHCHECK'],
    ['drain-timeout', '5s', 'Write stop_grace_period in the Compose file'],
    ['domains', 'shop.test', 'Run a proxy as a service of the cluster'],
    ['image-transfer', 'direct', 'The nodes of a cluster pull from a registry, when they need to'],
  ])('%s', (name, value, advice) => {
    expect(inputError('deploy', { ...SWARM, [name]: value })).toBe(
      `${name}: it has no effect with orchestrator: swarm. ${advice}, and remove "${name}".`,
    );
  });

  test('but not its default', () => {
    expect(() => readInputs('deploy', { ...SWARM, edge: 'caddy', bake: '0s' })).not.toThrow();
  });
});

test('queries for a canary on Kubernetes are refused for a host', () => {
  expect(inputError('deploy', { 'canary-metrics': 'a/b:1 up' })).toContain(
    'canary-metrics: it has no effect on a host, where the edge measures errors and latency itself',
  );
});

describe('orchestrator: kubernetes', () => {
  const KUBERNETES = { orchestrator: 'kubernetes', hosts: '', manifests: 'k8s.yaml' };
  beforeEach(() => writeFileSync('k8s.yaml', ''));

  test('makes a request for the cluster of a kubeconfig', () => {
    const given = {
      ...KUBERNETES,
      kubeconfig: 'kind: Config\n',
      namespace: 'shop',
      'kube-context': 'lab',
      strategy: 'rolling',
    };
    expect(readInputs('deploy', given).request).toMatchObject({
      ...{ command: 'deploy', orchestrator: 'kubernetes' },
      destination: { access: { kubeconfig: 'kind: Config', context: 'lab', namespace: 'shop' } },
      options: {
        ...{ manifests: [{ path: 'k8s.yaml', values: [] }], adopt: false, traffic: { kind: 'rolling' } },
      },
    });
    const { request } = readInputs('deploy', { ...KUBERNETES, strategy: 'blue-green', bake: '30s' });
    expect(request).toMatchObject({ options: { traffic: { kind: 'blue-green', bake: 30_000 } } });
    const canary = {
      canary: '10% 1m, 100%',
      'canary-metrics': 'monitoring/prometheus:9090 rate(errors[1m]) > 1',
    };
    expect(readInputs('deploy', { ...KUBERNETES, ...canary }).request).toMatchObject({
      options: {
        traffic: {
          kind: 'canary',
          steps: [{ share: 0.1, duration: 60_000 }, { share: 1 }],
          metrics: [
            {
              ...{ namespace: 'monitoring', service: 'prometheus', port: '9090' },
              query: 'rate(errors[1m]) > 1',
            },
          ],
        },
      },
    });
    const { manifests: _, ...others } = KUBERNETES;
    expect(readInputs('rollback', others).request).toMatchObject({ orchestrator: 'kubernetes' });
    expect(readInputs('status', others).request).toMatchObject({ orchestrator: 'kubernetes' });
  });

  test.each([
    [{ manifests: '' }, 'manifests: missing. Name the manifests of the app'],
    [{ manifests: 'other.yaml' }, 'manifests: "other.yaml" is not in'],
    [{ manifests: 'k8s.yaml other.yaml' }, 'manifests: "k8s.yaml other.yaml" names several files'],
    [{ kubeconfig: 'k8s.yaml' }, 'kubeconfig: "k8s.yaml" is a path'],
    [{ namespace: 'My_Shop' }, 'namespace: "My_Shop" is not the name of a namespace.'],
    [{ 'pull-secret': 'A B' }, 'pull-secret: "A B" is not the name of a Secret.'],
    [{ strategy: 'recreate' }, 'strategy: "recreate" is not possible with orchestrator: kubernetes.'],
    [{ 'canary-metrics': 'a/b:1 up' }, 'canary-metrics: it has no effect with strategy: rolling.'],
    [
      { strategy: 'canary', 'canary-metrics': 'up == 0' },
      'canary-metrics: "up == 0" is not the Service of a Prometheus with a query.',
    ],
    [{ bake: '1m' }, 'bake: it has no effect with strategy: rolling on Kubernetes.'],
    [{ hosts: 'ssh://deploy@example.com' }, 'hosts: it has no effect with orchestrator: kubernetes.'],
    [{ domains: 'shop.test' }, 'domains: it has no effect with orchestrator: kubernetes. Write an Ingress'],
  ])('%j is refused', (given, says) => {
    expect(inputError('deploy', { ...KUBERNETES, ...given })).toContain(says);
  });
});
