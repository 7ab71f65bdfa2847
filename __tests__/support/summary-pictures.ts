/** The pictures that script/screenshots takes, and the golden file that each shows. */
export const SUMMARY_PICTURES: Readonly<Record<string, string>> = {
  'docs/summaries/deployed.png': '__tests__/fixtures/summary/with-rollback-workflow.md',
  'docs/summaries/rolled-back.png': '__tests__/fixtures/summary/rolled-back.md',
  'docs/summaries/canary-rolled-back.png': '__tests__/fixtures/summary/canary-rolled-back.md',
  'docs/summaries/gate-refused.png': '__tests__/fixtures/summary/gate-refused.md',
};

/** The checksum of the text that each picture was made from. */
export const SUMMARY_SOURCES = 'docs/summaries/sources.json';
