import type { AppEnvironment } from './app-environment.ts';

/** How a Kubernetes cluster is reached. */
export interface KubernetesAccess {
  /** The text of a kubeconfig; `undefined`: what kubectl on the runner uses. */
  readonly kubeconfig: string | undefined;
  /** `undefined`: the current one. */
  readonly context: string | undefined;
  /** `undefined`: that of the context. */
  readonly namespace: string | undefined;
}

/** Where a release goes: an environment of an app in a Kubernetes cluster. */
export interface KubernetesDestination extends AppEnvironment {
  readonly access: KubernetesAccess;
}

/** A line of `manifests`: a file, a folder, a pattern, a kustomization or a Helm chart. */
export interface ManifestSource {
  readonly path: string;
  /** Values files of a chart, in order. */
  readonly values: readonly string[];
}
