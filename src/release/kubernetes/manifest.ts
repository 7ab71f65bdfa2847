import type { KubernetesObject } from './kubernetes-object.ts';

/** An object and where the checkout has it. */
export interface Manifest {
  readonly object: KubernetesObject;
  /** The file, kustomization or chart, relative to the checkout. */
  readonly source: string;
}
