import type { ServiceName } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import type { Part } from '../steps.ts';

/** A service whose replicas are replaced a few at a time. */
export interface Rolled {
  readonly name: ServiceName;
  /** Replicas of the old and of the new release. */
  readonly old: number;
  readonly replicas: number;
  readonly update: Pick<UpdateConfig, 'parallelism' | 'order'>;
}

/** A wave, in which every service has its next replicas replaced; counted are always the first so many. */
export interface Wave {
  /** New ones that run when it begins, and when it ends. */
  readonly had: Part;
  readonly up: Part;
  /** Old ones that are stopped when it begins, before its new ones start, and when it ends. */
  readonly were: Part;
  readonly first: Part;
  readonly stopped: Part;
  /** Old ones that get no more requests when it ends. They may run on: going back is quick then. */
  readonly gone: Part;
}

/** How far one service is. */
interface Beat {
  readonly up: number;
  readonly first: number;
  readonly stopped: number;
  readonly gone: number;
}

/** The waves in which services are replaced, side by side. At the end every new replica runs. Pure. */
export function batches(services: readonly Rolled[]): readonly Wave[] {
  const all = services.map((service) => [service.name, beatsOf(service)] as const);
  const count = Math.max(...all.map(([, beats]) => beats.length));
  return Array.from({ length: count }, (_, index) => {
    const part = (read: (now: Beat, before: Beat) => number): Part =>
      Object.fromEntries(
        all.map(([name, beats]) => {
          const before = index === 0 ? NOTHING : (beats[Math.min(index, beats.length) - 1] ?? NOTHING);
          // One that is through already waits for the others.
          const now = beats[index] ?? { ...before, first: before.stopped };
          return [name, read(now, before)];
        }),
      );
    return {
      had: part((_now, before) => before.up),
      up: part(({ up }) => up),
      were: part((_now, before) => before.stopped),
      first: part(({ first }) => first),
      stopped: part(({ stopped }) => stopped),
      gone: part(({ gone }) => gone),
    };
  });
}

const NOTHING: Beat = { up: 0, first: 0, stopped: 0, gone: 0 };

function beatsOf(service: Rolled): readonly Beat[] {
  const next = service.update.order === 'stop-first' ? stopFirst : startFirst;
  const beats: Beat[] = [];
  let last = NOTHING;
  do {
    last = next(service, last);
    beats.push(last);
  } while (last.up < service.replicas);
  return beats;
}

const sizeOf = ({ update: { parallelism } }: Rolled): number =>
  parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;

/** Never fewer than before: for so many new ones that are up, so many old ones go. The last old ones stay, warm. */
function startFirst(service: Rolled, { up, stopped }: Beat): Beat {
  const { old, replicas } = service;
  const now = Math.min(replicas, up + sizeOf(service));
  if (now === replicas) return { up: now, first: stopped, stopped, gone: old };
  const then = Math.max(0, Math.min(old - 1, stopped + sizeOf(service)));
  return { up: now, first: stopped, stopped: then, gone: then };
}

/** Never more than before: so many old ones go, then so many new ones come; but one always runs. */
function stopFirst(service: Rolled, { up, stopped }: Beat): Beat {
  const { old, replicas } = service;
  const most = Math.max(old, replicas);
  const fewest = Math.max(1, Math.min(old, replicas) - sizeOf(service));
  const first = Math.max(stopped, Math.min(old, stopped + sizeOf(service), old + up - fewest));
  const room = Math.max(up, Math.min(replicas, up + sizeOf(service), most - (old - first)));
  // A single replica can't make room for another one without a gap.
  const now = room === up && first === stopped ? Math.min(replicas, up + 1) : room;
  return { up: now, first, stopped: first, gone: now === replicas ? old : first };
}
