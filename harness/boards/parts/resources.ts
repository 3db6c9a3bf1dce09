/** What a board has opened, to be closed in reverse order. Node.js 20 has no `AsyncDisposableStack` yet. */
export class Resources implements AsyncDisposable {
  readonly #opened: (Disposable | AsyncDisposable)[] = [];

  /** Takes `resource` over and returns it. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }

  /** Closes everything, also when something can't be closed. @throws the first error */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let resource = this.#opened.pop(); resource !== undefined; resource = this.#opened.pop()) {
      try {
        if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
        else resource[Symbol.dispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
