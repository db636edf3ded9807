/** Work by name: whoever asks while it is under way gets the same answer. */
export class SingleFlight<Value> {
  readonly #running = new Map<string, Promise<Value>>();

  run(name: string, work: () => Promise<Value>): Promise<Value> {
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    const started = work().finally(() => this.#running.delete(name));
    this.#running.set(name, started);
    return started;
  }
}
