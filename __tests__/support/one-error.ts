/**
 * Jest runs tests in a realm of their own, with an `Error` of its own: an ENOENT thrown by Node would not be
 * `instanceof Error`, which in the action it is. Here it is one too.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: ErrorConstructor, value: unknown): boolean {
    // Subclasses inherit this method and go on as usual.
    const usual = Function.prototype[Symbol.hasInstance].call(this, value);
    return usual || (this === Error && Object.prototype.toString.call(value) === '[object Error]');
  },
});
