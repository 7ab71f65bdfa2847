import { describe, expect, test } from '@jest/globals';
import { startAdvice } from '../src/engine/transports.ts';
import { speakToTerminal } from '../src/model/place-words.ts';
import { loginAdvice } from '../src/model/registry.ts';
import { programMissingError } from '../src/run/program-errors.ts';
import { isFunction, type Node, Program } from './support/messages/syntax.ts';

/** Texts speak of jobs, steps and runners by src/model/place-words.ts, so that a terminal shows what is there. */

const program = new Program();
const BARE_WORD =
  /\b(?:this|the|your|same) (?:job|step|runner)(?:'s)?\b|\b(?:this|your) workflow\b|\b(?:earlier|in a) (?:step|job)\b|actions\/checkout|docker\/(?:login|setup-\w+)-action/i;

/** Whose texts are never read at a terminal, or speak of a workflow that is somewhere else. */
const OTHERS = [
  /^src\/(?:cli|init)\//,
  // Only a job is approved, and only a job has an OIDC token.
  /^src\/gate\/(?:check-approval|gate-context|github-client|job-environment|judge-approval|reviews)\.ts$/,
  /^src\/inputs\/gate\.ts$/,
  /^src\/image-trust\.ts$/,
  // A terminal has no post step.
  /^src\/commands\/(?:finish|finish-on-cluster|finish-on-hosts|remove)\.ts$/,
  /^src\/rollout\/release-locks\.ts$/,
  // An ssh key that is missing: at a terminal it is the agent's.
  /^src\/inputs\/access\.ts$/,
  // For the summary of a job.
  /^src\/report\/approval-text\.ts$/,
];

const WORDS = [
  'byPlace',
  'thisJob',
  'thisRunner',
  'theRunner',
  'beforeThisStep',
  'wasCancelled',
  'checkoutQuestion',
];
const inJob: ReadonlySet<Node | undefined> = new Set(
  program.callsOf('byPlace').map((call) => call.arguments[0]),
);

const textOf = (node: Node): string =>
  node.type === 'StringLiteral' ? node.value : node.type === 'TemplateElement' ? node.value.raw : '';

/** Whether a text is what `byPlace` says in a job, or a part of it. */
function isForJob(node: Node): boolean {
  for (let each: Node | undefined = node; each !== undefined; each = program.parentOf(each))
    if (inJob.has(each)) return true;
  return false;
}

describe('a text of src', () => {
  test('has no words that only a job understands', () => {
    const bare = program.nodes.filter(
      (node) =>
        BARE_WORD.test(textOf(node)) &&
        !isForJob(node) &&
        !OTHERS.some((other) => other.test(program.fileOf(node))),
    );
    expect(bare.map((node) => `${program.fileOf(node)}:${node.loc?.start.line}: ${textOf(node)}`)).toEqual(
      [],
    );
  });

  test('with such words is not made while modules load, when nobody knows who reads it', () => {
    const calls = WORDS.flatMap((name) => program.callsOf(name));
    expect(calls.length).toBeGreaterThan(90);
    const early = calls.filter((call) => {
      for (let each: Node | undefined = call; each !== undefined; each = program.parentOf(each))
        // A property of an object is made with that, not while the module loads.
        if (isFunction(each) || (each.type === 'ClassProperty' && !each.static)) return false;
      return true;
    });
    expect(early.map((call) => `${program.fileOf(call)}:${call.loc?.start.line}`)).toEqual([]);
  });

  test.each([
    ['Was it stopped? Run this job again.', true],
    ["Add it to this job's permissions.", true],
    ['Install it in an earlier step.', true],
    ['Does actions/checkout run before?', true],
    ['All steps of the plan', false],
    ['it was built by the workflow deliver.yml', false],
  ])('%j has them: %j', (text, expected) => {
    expect(BARE_WORD.test(text)).toBe(expected);
  });
});

test('where a command runs decides what a message speaks of', () => {
  const texts = (): readonly string[] => [
    startAdvice(),
    programMissingError('docker', undefined).message,
    `To log in, ${loginAdvice('registry.example.com').replace(/^.*, or /, '')}.`,
  ];
  expect(texts()).toEqual([
    'Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.',
    'docker was not found on this runner. Install it in an earlier step.',
    'To log in, log in there with docker/login-action before this step.',
  ]);
  speakToTerminal();
  expect(texts()).toEqual([
    'Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this command again.',
    'docker was not found on this machine. Install it.',
    'To log in, log in there with "docker login registry.example.com".',
  ]);
});
