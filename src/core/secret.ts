import { createHash } from 'node:crypto';

const MASK = '•••';

/**
 * A value that must not be printed. String(), template literals, JSON and `util.inspect` all show •••;
 * `reveal()` is the only way out, so every place that uses a secret can be found by searching for it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** True for an empty value, such as a password box left blank. */
  get isEmpty(): boolean {
    return this.#value === '';
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** First 16 hex digits of the SHA-256: enough to recognise a token's secret, useless for guessing one of 128 random bits or more. */
  fingerprint(): string {
    return createHash('sha256').update(this.#value).digest('hex').slice(0, 16);
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK;
  }
}

/** What a server hands out once: `secret`, and beside it whatever else is needed to use it (SailPoint: `clientId`). */
export type SecretBundle = Readonly<{ secret: Secret } & Record<string, Secret>>;
