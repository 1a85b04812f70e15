/** What a client command prints with; tests give their own. */
export interface Output {
  stdout(data: string | Uint8Array): void;
  stderr(text: string): void;
}

export const processOutput: Output = {
  stdout: (data) => void process.stdout.write(data),
  stderr: (text) => void process.stderr.write(text),
};

export function printJson(output: Output, value: unknown): void {
  output.stdout(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Columns as wide as their widest cell; control characters in a server's answer never reach the terminal. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\p{C}/gu, '?')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** A field of an answer as a cell: absent and null are a hyphen. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Seconds since the epoch as ISO 8601; `never` for none. */
export function expiryText(seconds: unknown): string {
  return typeof seconds === 'number' ? new Date(seconds * 1_000).toISOString() : 'never';
}
