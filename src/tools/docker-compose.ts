import { INSTALL_ADVICE } from '../release/compose/compose-cli.ts';
import type { PinnedTool } from './pinned-tool.ts';

const RELEASE = 'https://github.com/docker/compose/releases/download/v2.40.3';

/**
 * The last release of Compose 2, the one that the tests run with. Two public sources, independent of each other, agree on
 * both checksums: the recipe of Docker's official image `docker` (docker-library/docker, commit 1b231c4, `28/cli/Dockerfile`)
 * and rules_docker_compose for Bazel (periareon/rules_docker_compose, commit 63f1b82,
 * `docker_compose/private/versions.bzl`, there in base64).
 */
export const DOCKER_COMPOSE: PinnedTool = {
  name: 'docker-compose',
  title: 'Docker Compose',
  version: '2.40.3',
  files: {
    'linux-x64': {
      url: `${RELEASE}/docker-compose-linux-x86_64`,
      sha256: 'dba9d98e1ba5bfe11d88c99b9bd32fc4a0624a30fafe68eea34d61a3e42fd372',
    },
    'linux-arm64': {
      url: `${RELEASE}/docker-compose-linux-aarch64`,
      sha256: 'd26373b19e89160546d15407516cc59f453030d9bc5b43ba7faf16f7b4980137',
    },
  },
  advice: INSTALL_ADVICE,
};
