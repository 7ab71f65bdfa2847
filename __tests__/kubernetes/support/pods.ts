import type { Pod, PodContainer } from '../../../src/kubernetes/pod.ts';

/** A pod that runs and is ready, unless a test says otherwise. */
export const pod = (given: Partial<Pod> = {}, container: Partial<PodContainer> = {}): Pod => ({
  ...{ name: 'web-1', uid: 'u1', node: 's1', labels: {}, owners: [], phase: 'Running' },
  ...{ isReady: true, isEnding: false, unscheduled: undefined },
  containers: [
    {
      ...{ name: 'web', restarts: 0, waiting: undefined, isRunning: true, isReady: true, ended: undefined },
      ...container,
    },
  ],
  ...given,
});
