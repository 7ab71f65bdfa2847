/** An action.yml as the bundle has it (script/lib/action-inputs.ts): the default of each input, '' where there is none. */
declare module '*/action.yml' {
  const inputs: Readonly<Record<string, string>>;
  export default inputs;
}
