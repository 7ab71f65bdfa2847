/** @returns whether the text is a TCP port as people write it: 1 to 65535, no leading zero. */
export function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
