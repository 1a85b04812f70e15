/** The admin key's file: a super-user token for whoever can read the data directory. */
import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const adminKeyFileName = 'admin.key';

/**
 * Writes a new admin key to `<dataDir>/admin.key`, mode 0600, when there is no such file; an existing file is
 * left as it is. `issue` gives the token. Deleting the file and restarting makes another key; the former one
 * stays valid until it is revoked.
 */
export async function ensureAdminKey(
  dataDir: string,
  issue: () => Promise<{ token: string }>,
): Promise<{ created: boolean }> {
  const file = join(dataDir, adminKeyFileName);
  if (existsSync(file)) return { created: false };
  const { token } = await issue();
  // Written aside and linked in place: the name never shows half a key, and never replaces one.
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(aside, `${token}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
  return { created: true };
}
