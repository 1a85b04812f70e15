/** Flags of the scripts: what is wrong with them is one line on stderr and exit code 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The values of the flags, of which an unknown one is refused. */
export function flagsOf<const T extends ParseArgsConfig['options']>(options: T) {
  try {
    return parseArgs({ options: options! as NonNullable<T> }).values;
  } catch (error) {
    return refuse((error as Error).message.replaceAll(/\s+/g, ' '));
  }
}

/** A whole number from `min` on, as it was given for a flag. */
export function wholeNumber(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
  return refuse(`--${flag} must be a whole number from ${min} on`);
}

export function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
