/** What `tags` may hold beside plain text: `{{branch}}`. */
export const TEMPLATES = ['branch', 'branch-slug', 'semver', 'sha7', 'pr'] as const;
export type Template = (typeof TEMPLATES)[number];
