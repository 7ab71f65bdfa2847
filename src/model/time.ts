/** An ISO 8601 time in UTC, to the minute: `2026-01-02 03:04`. Any other text stays as it is. */
export const formatMinute = (time: string): string =>
  time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, '$1 $2');
