declare const brand: unique symbol;

/** A text that was checked once, where it came in. Another text of the same form is not taken for it. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };
