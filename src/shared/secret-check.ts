import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares the secret that a peer shows with the fleet's, in a time that tells nothing of either. */
export class SecretCheck {
  readonly #expected: Buffer;

  constructor(secret: string) {
    this.#expected = digest(`Bearer ${secret}`);
  }

  matches(authorization: string | undefined): boolean {
    return authorization !== undefined && timingSafeEqual(digest(authorization), this.#expected);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
