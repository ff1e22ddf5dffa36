import type { Clock } from '../core/ports.ts';

export interface Rate {
  /** How many calls may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Token buckets by key. Full ones are forgotten. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one call from `key`: 0 when it may go on, else in how many whole seconds to try again. */
  take(key: string): number {
    const now = this.#clock.now();
    if (this.#buckets.size > 1000) this.#forgetFull(now);
    const left = this.#left(this.#buckets.get(key), now);
    const allowed = left >= 1;
    this.#buckets.set(key, { left: allowed ? left - 1 : left, at: now });
    return allowed ? 0 : Math.ceil((1 - left) / this.#rate.perSecond);
  }

  #left(bucket: Bucket | undefined, now: number): number {
    if (bucket === undefined) return this.#rate.burst;
    const seconds = Math.max(0, now - bucket.at) / 1000;
    return Math.min(this.#rate.burst, bucket.left + seconds * this.#rate.perSecond);
  }

  #forgetFull(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#left(bucket, now) >= this.#rate.burst) this.#buckets.delete(key);
    }
  }
}
