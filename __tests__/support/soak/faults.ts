import type { Inputs } from '../action.ts';
import type { Behaviour } from '../apps/probe.ts';
import type { SoakApp } from './app.ts';

/** A way in which a release is no good. */
export interface Fault {
  /** `7 never becomes healthy` */
  readonly what: string;
  readonly behaviour: Behaviour;
  readonly inputs: (app: SoakApp) => Inputs;
  /** Whether it is found out only when visitors have met the release. */
  readonly served: boolean;
  /** The stage that must find it, where it is to be a certain one. */
  readonly foundIn?: string;
}

/** Those without a request that the release fails to answer. */
export const SILENT_FAULTS: readonly Fault[] = [
  {
    what: 'is not what url expects',
    behaviour: {},
    inputs: (app) => ({ url: app.url('/'), 'url-body': 'never', 'url-timeout': '2s' }),
    served: true,
  },
  {
    what: 'never becomes healthy',
    behaviour: { UP_AFTER_MS: 'never' },
    inputs: () => ({ 'health-timeout': '3s' }),
    served: false,
  },
  {
    what: 'ends before it listens',
    behaviour: { BOOT_MS: 2000, EXIT_AFTER_MS: 300, EXIT_CODE: 1 },
    inputs: () => ({ 'health-timeout': '3s' }),
    served: false,
  },
];

/** What only a bake finds: the release goes bad when it has all the requests, and answers every one all the same. */
export const LATE_FAULTS: readonly Fault[] = [
  {
    what: 'becomes unhealthy',
    behaviour: { UNCHECKED: 'false', DOWN_AFTER_REQUESTS: 100 },
    inputs: () => ({}),
    served: true,
    foundIn: 'bake',
  },
];

/** Those that only visitors bring about, among releases that answer after 200 ms. */
export const LOUD_FAULTS: readonly Fault[] = [
  { what: 'has 10 % errors', behaviour: { ERROR_RATE: 10 }, inputs: () => ({}), served: true },
  { what: 'is twice as slow', behaviour: { LATENCY_MS: 400 }, inputs: () => ({}), served: true },
  {
    what: 'crashes',
    behaviour: { EXIT_AFTER_REQUESTS: 40, EXIT_CODE: 1 },
    inputs: () => ({}),
    served: true,
  },
];
