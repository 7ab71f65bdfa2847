/** What `tags` may hold beside plain text: `{{branch}}`. */
export const TAG_TEMPLATES = ['branch', 'branch-slug', 'semver', 'sha7', 'pr'] as const;
export type TagTemplate = (typeof TAG_TEMPLATES)[number];
