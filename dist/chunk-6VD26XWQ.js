import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  baseProject
} from "./chunk-QJYUKV5C.js";
import {
  asObject,
  asText,
  mapValues
} from "./chunk-MXZD46RS.js";

// action.yml
var action_default = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", verify: "off", "verify-repository": "", "verify-workflow": "", "verify-ref": "", "verify-key": "", "trusted-root": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", attest: "false", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", manifests: "", service: "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", "canary-metrics": "", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// build/action.yml
var action_default2 = { image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "github-token": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", attest: "false", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", "compose-file": "compose.yaml", env: "" };

// deploy/action.yml
var action_default3 = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", verify: "off", "verify-repository": "", "verify-workflow": "", "verify-ref": "", "verify-key": "", "trusted-root": "", manifests: "", service: "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", "canary-metrics": "", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// export/action.yml
var action_default4 = { app: "", environment: "", image: "", platforms: "", since: "", path: ".", "sign-key": "", "registry-username": "", "registry-password": "", "github-token": "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// gate/action.yml
var action_default5 = { environment: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "github-token": "" };

// import/action.yml
var action_default6 = { archive: "", app: "", environment: "", hosts: "", "allowed-signers": "", secrets: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", "github-token": "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false" };

// logs/action.yml
var action_default7 = { app: "", environment: "", hosts: "", release: "", services: "", tail: "100", since: "", follow: "false", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// remove/action.yml
var action_default8 = { app: "", environment: "", hosts: "", orchestrator: "docker", confirm: "", "remove-volumes": "false", "lock-timeout": "10m", "dry-run": "false", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "github-token": "", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// rollback/action.yml
var action_default9 = { app: "", environment: "", hosts: "", orchestrator: "docker", to: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", secrets: "", "health-timeout": "", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", "lock-timeout": "10m", "dry-run": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine", "acme-email": "", "acme-directory": "", "acme-ca": "" };

// status/action.yml
var action_default10 = { app: "", environment: "", hosts: "", orchestrator: "docker", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// unlock/action.yml
var action_default11 = { app: "", environment: "", hosts: "", "dry-run": "false", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "github-token": "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// src/inputs/declared-inputs.ts
var INPUTS = {
  deliver: action_default,
  build: action_default2,
  deploy: action_default3,
  rollback: action_default9,
  status: action_default10,
  remove: action_default8,
  unlock: action_default11,
  logs: action_default7,
  export: action_default4,
  import: action_default6,
  gate: action_default5
};
var isDeclaredInput = (name) => Object.values(INPUTS).some((inputs) => Object.hasOwn(inputs, name));
var DEFAULT_EDGE_IMAGES = {
  edgeImage: action_default3["edge-image"] ?? "",
  tcpEdgeImage: action_default3["tcp-edge-image"] ?? ""
};

// src/release/reuse-release.ts
function reuseLiveReleaseId(release, hosts) {
  const accepted = new Set(hosts.map((host) => host.accepted));
  const forced = hosts.flatMap((host) => host.releases).find(({ id, record }) => accepted.has(id) && record?.contentId === release.id);
  return forced === void 0 ? release : { ...release, id: forced.id, contentId: release.id };
}

// src/release/adopted-volumes.ts
function withAdoptedVolumes(split, names) {
  const adopted = Object.fromEntries(
    Object.entries(names).filter(
      ([key]) => asText(asObject(split.base.volumes?.[key])["name"]) === `${baseProject(split)}_${key}`
    )
  );
  if (Object.keys(adopted).length === 0) return split;
  const renamed = (config) => ({
    ...config,
    volumes: mapValues(
      config.volumes ?? {},
      (spec, key) => adopted[key] === void 0 ? spec : { ...spec, name: adopted[key] }
    )
  });
  return { ...split, compose: renamed(split.compose), base: renamed(split.base), adopted };
}

export {
  INPUTS,
  isDeclaredInput,
  DEFAULT_EDGE_IMAGES,
  withAdoptedVolumes,
  reuseLiveReleaseId
};
