const barWidth = 30;

/** A line of a terminal that is drawn over and over: bar, share, and a note. */
export class ProgressBar {
  readonly #write: (text: string) => void;
  readonly #columns: number;

  /** @param columns width of the terminal */
  constructor(write: (text: string) => void, columns: number) {
    this.#write = write;
    this.#columns = columns;
  }

  /** @param share 0 to 1 */
  draw(share: number, note: string): void {
    const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${note}`;
    this.#write(`\r\x1b[K${line.slice(0, Math.max(0, this.#columns - 1))}`);
  }

  clear(): void {
    this.#write('\r\x1b[K');
  }
}
