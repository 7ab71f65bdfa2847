import type { InitOptions } from './init-options.ts';

/** A workflow that builds, tests and deploys each push to main. Pure. */
export function deliverWorkflow({
  environment,
  reviewers,
}: Pick<InitOptions, 'environment' | 'reviewers'>): string {
  const hasReviewers = reviewers.length > 0;
  const approval = hasReviewers
    ? ''
    : '          # Nobody is asked. With required reviewers in the environment, remove this line.\n          approval: off\n';
  return `# Each push to main is built, tested and deployed. Written by "sealift init"; it is yours to change.
name: Deliver

on:
  push:
    branches: [main]

permissions: {}

jobs:
  deliver:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read
      packages: write
      actions: read
      checks: read
    environment:
      name: ${environment}
      url: \${{ steps.sealift.outputs.environment-url }}
    # One deploy at a time. A new deploy waits and never cancels a running one.
    concurrency:
      group: sealift-\${{ github.event.repository.name }}-${environment}
      cancel-in-progress: false
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - id: sealift
        uses: sealift/sealift@v1
        with:
          environment: ${environment}
${approval}          hosts: \${{ vars.HOSTS }}
          ssh-key: \${{ secrets.SSH_KEY }}
          known-hosts: \${{ vars.KNOWN_HOSTS }}
          # A command that must succeed in the image before it is pushed:
          # test: npm test
          # A path that answers when the app is ready, if the image has no HEALTHCHECK:
          # health-path: /up
`;
}
