/** Values handed over to one reader, who waits for them with `for await`. */
export class MessageQueue<Value> implements AsyncIterable<Value> {
  readonly #values: Value[] = [];
  #ended = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  push(value: Value): void {
    this.#values.push(value);
    this.#wake?.();
  }

  /** The reader gets what is there, then its end. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value> {
    for (;;) {
      for (let value = this.#values.shift(); value !== undefined; value = this.#values.shift()) yield value;
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resume) => {
        this.#wake = resume;
      });
      this.#wake = null;
    }
  }
}
