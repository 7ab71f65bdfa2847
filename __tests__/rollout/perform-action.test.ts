import { expect, test } from '@jest/globals';
import type { Approval } from '../../src/model/approval.ts';
import { performAction } from '../../src/rollout/perform-action.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { RELEASE, testHostContext } from './support/watched-engine.ts';

const APPROVALS: readonly Approval[] = [
  { kind: 'off' },
  { kind: 'approved', approvers: [{ login: 'hubot', comment: undefined }], rules: [] },
];

test.each(APPROVALS)(
  'a run that failed is recorded with its approval, like one that succeeded: %j',
  async (approval) => {
    const engine = Object.assign(new MemoryEngine(), { writeFiles: () => Promise.resolve() });
    const context = { ...testHostContext(engine, new AbortController().signal), approval };
    const action = { release: RELEASE.id, previous: undefined, command: 'deploy' } as const;
    await performAction(context, { kind: 'accept-release', ...action });
    await performAction(context, { kind: 'record-rollback', ...action });
    expect(context.runState.records.history).toMatchObject([
      { event: 'accepted', command: 'deploy', approval },
      { event: 'rolled-back', command: 'deploy', approval },
    ]);
  },
);
