/**
 * Written by script/docs from each action.yml. This is what src/ gets when it imports one (action-inputs.ts): the default of each
 * input, '' where there is none.
 */
declare module '*/action.yml' {
  // biome-ignore format: one line for each name would be a long file
  type InputName =
    | 'accessories' | 'acme-ca' | 'acme-directory' | 'acme-email' | 'add-hosts' | 'adopt' | 'after-release'
    | 'allow-downgrade' | 'allow-self-approval' | 'allowed-signers' | 'app' | 'approval' | 'archive'
    | 'attest' | 'bake' | 'before-release' | 'build-args' | 'build-contexts' | 'build-secrets' | 'cache-from'
    | 'cache-to' | 'canary' | 'canary-max-errors' | 'canary-max-latency-ratio' | 'canary-metrics'
    | 'canary-min-requests' | 'canary-too-few' | 'check-run-id' | 'compose-file' | 'confirm' | 'context'
    | 'domains' | 'drain-timeout' | 'dry-run' | 'edge' | 'edge-image' | 'env' | 'environment' | 'file'
    | 'follow' | 'force' | 'github-token' | 'health-host' | 'health-path' | 'health-status' | 'health-timeout'
    | 'hosts' | 'image' | 'image-transfer' | 'keep' | 'known-hosts' | 'kube-context' | 'kubeconfig' | 'labels'
    | 'lock-timeout' | 'manifests' | 'max-parallel' | 'namespace' | 'network-range' | 'no-cache'
    | 'orchestrator' | 'path' | 'platforms' | 'port' | 'provenance' | 'proxy-protocol' | 'pull'
    | 'pull-secret' | 'rebuild' | 'registry-password' | 'registry-username' | 'release' | 'remove-volumes'
    | 'sbom' | 'secrets' | 'service' | 'services' | 'sign-key' | 'since' | 'ssh-certificate' | 'ssh-config'
    | 'ssh-env' | 'ssh-key' | 'ssh-key-passphrase' | 'strategy' | 'strict-approval' | 'tags' | 'tail'
    | 'target' | 'tcp-edge-image' | 'test' | 'tls-ca' | 'tls-cert' | 'tls-key' | 'to' | 'trusted-proxies'
    | 'trusted-root' | 'url' | 'url-body' | 'url-status' | 'url-timeout' | 'verify' | 'verify-key'
    | 'verify-ref' | 'verify-repository' | 'verify-workflow' | 'volumes';
  const inputs: Readonly<Partial<Record<InputName, string>>>;
  export default inputs;
}
