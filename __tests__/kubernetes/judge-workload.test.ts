import { describe, expect, test } from '@jest/globals';
import { judgeWorkload, knownPods, NO_KNOWN_PODS } from '../../src/kubernetes/judge-workload.ts';
import { pod } from './support/pods.ts';

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** A Deployment of two whose controller has seen its present definition. */
const deployment = (status: object, generation = 1) => ({
  metadata: { generation },
  spec: { replicas: 2 },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, ...status },
});

const judge = (
  object: ReturnType<typeof deployment> | undefined,
  current: ReturnType<typeof pod>[] = [pod(), pod()],
  known = NO_KNOWN_PODS,
) => judgeWorkload(DEPLOYMENT, { object, current, old: [] }, known);

describe('a Deployment', () => {
  test('is whole when all pods are new and available; proven only if they ran before', () => {
    const pods = [pod(), pod()];
    expect(judge(deployment({}), pods)).toMatchObject({
      kind: 'whole',
      counts: { wanted: 2, ready: 2 },
      isProven: false,
      failures: 0,
    });
    const known = knownPods([{ object: {}, current: pods, old: [] }]);
    expect(judge(deployment({}), pods, known)).toMatchObject({ kind: 'whole', isProven: true });
  });

  test.each([
    ['its controller has not seen the new definition', deployment({}, 2)],
    ['an old pod is left', deployment({ replicas: 3 })],
    ['a pod is not available', deployment({ availableReplicas: 1 })],
  ])('is not whole when %s', (_, object) => {
    expect(judge(object)).toMatchObject({ kind: 'pending' });
  });

  test('has no new pods as long as its controller has not seen the new definition', () => {
    expect(judge(deployment({}, 2))).toMatchObject({ counts: { wanted: 2, ready: 0 } });
  });

  test('that ran out of its own deadline has failed, with what is wrong with its pods', () => {
    const conditions = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded', status: 'False' }];
    expect(
      judge(deployment({ availableReplicas: 0, conditions }), [
        pod({ isReady: false, unscheduled: '0/2 nodes are available' }),
      ]),
    ).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining(
        'progressDeadlineSeconds; pod web-1 finds no node: 0/2 nodes are available',
      ),
    });
    // It may be that of the definition before.
    expect(judge({ ...deployment({ conditions }, 2) })).toMatchObject({ kind: 'pending' });
  });

  test('that somebody removed has failed', () => {
    expect(judge(undefined)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('somebody removed it'),
    });
  });

  test('counts failures of its new pods, without restarts from before the deploy', () => {
    const crashing = pod(
      { isReady: false },
      {
        restarts: 5,
        waiting: { reason: 'CrashLoopBackOff', message: '' },
        ended: { exitCode: 3, reason: 'Error', message: '' },
      },
    );
    const verdict = judge(deployment({ availableReplicas: 1 }), [crashing]);
    expect(verdict).toMatchObject({ failures: 6, problem: 'pod web-1 on s1: web ended with exit code 3' });
    const known = knownPods([{ object: {}, current: [crashing], old: [] }]);
    expect(judge(deployment({ availableReplicas: 1 }), [crashing], known)).toMatchObject({ failures: 1 });
  });

  test.each([
    ['ErrImagePull', 'manifest unknown', 3],
    ['ImagePullBackOff', 'Back-off pulling image: dial tcp: i/o timeout', 0],
    ['CreateContainerConfigError', 'secret "key" not found', 3],
  ])('%s (%s) counts as %d failures', (reason, message, failures) => {
    const waiting = pod({ isReady: false }, { waiting: { reason, message }, isRunning: false });
    expect(judge(deployment({ availableReplicas: 1 }), [waiting])).toMatchObject({
      failures,
      problem: expect.stringContaining(message),
    });
  });
});

describe('other kinds', () => {
  const verdictOf = (kind: string, object: object, apiVersion = 'apps/v1') =>
    judgeWorkload({ apiVersion, kind }, { object: { ...object }, current: [], old: [] }, NO_KNOWN_PODS);

  test.each([
    [
      'StatefulSet',
      {
        spec: { replicas: 2 },
        status: {
          replicas: 2,
          readyReplicas: 2,
          updatedReplicas: 2,
          currentRevision: 'a',
          updateRevision: 'b',
        },
      },
      'whole',
    ],
    [
      'StatefulSet',
      {
        spec: { replicas: 2 },
        status: {
          replicas: 2,
          readyReplicas: 2,
          updatedReplicas: 1,
          currentRevision: 'a',
          updateRevision: 'b',
        },
      },
      'pending',
    ],
    [
      'StatefulSet',
      {
        spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
        status: {
          replicas: 2,
          readyReplicas: 2,
          updatedReplicas: 1,
          currentRevision: 'a',
          updateRevision: 'b',
        },
      },
      'whole',
    ],
    [
      'DaemonSet',
      { status: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 } },
      'whole',
    ],
    [
      'DaemonSet',
      { status: { desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 } },
      'pending',
    ],
    ['Job', { status: { conditions: [{ type: 'Complete', status: 'True' }] } }, 'whole'],
    [
      'Job',
      { status: { conditions: [{ type: 'Failed', status: 'True', message: 'BackoffLimitExceeded' }] } },
      'failed',
    ],
    ['CronJob', {}, 'whole'],
  ])('%s %j is %s', (kind, object, expected) => {
    expect(verdictOf(kind, object).kind).toBe(expected);
  });

  test.each([
    [{ conditions: [{ type: 'Ready', status: 'True' }] }, 'whole'],
    [{ conditions: [{ type: 'Ready', status: 'False', message: 'no issuer' }] }, 'pending'],
    [{}, 'whole'],
  ])('a custom resource with the status %j is %s', (status, expected) => {
    expect(verdictOf('Certificate', { status }, 'cert-manager.io/v1').kind).toBe(expected);
  });

  test('a custom resource is judged by a condition of its present definition only', () => {
    const ready = (observedGeneration: number) => ({
      metadata: { generation: 2 },
      status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration }] },
    });
    expect(verdictOf('Certificate', ready(1), 'cert-manager.io/v1')).toMatchObject({
      kind: 'pending',
      problem: 'Ready is that of its definition before: its controller has not seen the new one',
    });
    expect(verdictOf('Certificate', ready(2), 'cert-manager.io/v1').kind).toBe('whole');
  });
});
