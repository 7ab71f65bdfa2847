/** The long form of the e2e test `soak`. The courses say how many runs each strategy gets. */
import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import type { Lab } from '../../__tests__/support/lab.ts';
import { anySeed } from '../../__tests__/support/load/random.ts';
import { SoakApp } from '../../__tests__/support/soak/app.ts';
import { COURSES, type Course } from '../../__tests__/support/soak/courses.ts';
import { type CourseResult, runCourse } from '../../__tests__/support/soak/run.ts';
import { dim, green, heading, red, say } from './demo/terminal.ts';
import { withLab } from './own-lab.ts';
import { asJson, failureLines, isLossless, markdownTable, progressLine } from './soak/tables.ts';

interface Wish {
  readonly courses: readonly Course[];
  readonly times: number | undefined;
  /** The long form is divided by this. */
  readonly divide: number;
  readonly seed: number;
  readonly json: string | undefined;
}

function wish(): Wish {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      times: { type: 'string' },
      divide: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const names = values.only?.split(',').map((name) => name.trim());
  const unknown = names?.filter((name) => !COURSES.some((course) => course.name === name)) ?? [];
  if (unknown.length > 0) {
    const all = COURSES.map(({ name }) => name).join(', ');
    throw new Error(`--only knows ${all}, not ${unknown.join(', ')}.`);
  }
  return {
    courses: COURSES.filter(({ name }) => names === undefined || names.includes(name)),
    times: wholeNumber('--times', values.times),
    divide: wholeNumber('--divide', values.divide) ?? 1,
    seed: wholeNumber('--seed', values.seed) ?? anySeed(),
    json: values.json,
  };
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${option} takes a number from 1, not ${text}.`);
  return number;
}

async function soak(
  lab: Lab,
  { courses, times, divide, seed }: Wish,
  signal: AbortSignal,
): Promise<CourseResult[]> {
  const results: CourseResult[] = [];
  for (const course of courses) {
    if (signal.aborted) break;
    heading(course.name);
    const app = await SoakApp.prepare(lab, course);
    try {
      await app.begin({});
      const result = await runCourse(app, course, {
        times: times ?? Math.ceil(course.times.long / divide),
        seed,
        signal,
        onMove: (progress) => say(`  ${progressLine(progress)}`),
      });
      results.push(result);
      for (const line of failureLines(result)) say(red(`  ${line}`));
    } finally {
      await app.remove();
    }
  }
  return results;
}

/** Aborted by Ctrl-C: the current run is the last one, and the table shows the runs so far. */
function endedByPerson(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say(dim(`  ${signal}: this run is the last one`));
      controller.abort();
    });
  }
  return controller.signal;
}

try {
  const wanted = wish();
  const began = performance.now();
  say(`Seed ${wanted.seed}`);
  const signal = endedByPerson();
  const results = await withLab({ servers: 1, net: '172.31.139' }, (lab) => soak(lab, wanted, signal));
  heading('Results of all requests');
  say(markdownTable(results));
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  say(
    `\nSeed ${wanted.seed}. ${minutes} minutes on ${cpus().length} cores, Linux ${release()}, Node ${process.version}.`,
  );
  if (wanted.json !== undefined) await writeFile(wanted.json, asJson(results));
  const good = results.every(isLossless);
  say(
    good
      ? green('No request was lost by a strategy that must lose none.')
      : red('Requests were lost, or a run did not do what it should.'),
  );
  if (!good || signal.aborted) process.exitCode = 1;
} catch (error) {
  say(red(`\nThe soak ended early: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
}
