import { PatError } from '../core/errors.ts';

const SECONDS = 15;

/**
 * Waits for the secret store, but not for ever: in an extension host whose window is gone its calls never answer.
 * Linux may be asking the user to unlock the keyring, hence as long as this.
 * @throws PatError `store-silent`
 */
export async function withinSeconds<T>(work: Promise<T>, seconds = SECONDS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new PatError({ reason: 'store-silent', seconds }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
