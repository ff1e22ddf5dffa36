/** Why a request was refused: the status and body of an error answer (`Error` in openapi.yaml). */
export class Refusal extends Error {
  readonly status: number;
  readonly detailCode: string;
  readonly causes: readonly Cause[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detailCode: string,
    text: string,
    more: { readonly causes?: readonly Cause[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(text);
    this.name = 'Refusal';
    this.status = status;
    this.detailCode = detailCode;
    this.causes = more.causes ?? [];
    this.headers = more.headers ?? {};
  }

  body(trackingId: string): unknown {
    return {
      detailCode: this.detailCode,
      trackingId,
      messages: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text: this.message }],
      causes: this.causes,
    };
  }
}

export interface Cause {
  readonly text: string;
  /** A parameter's name, or a JSON pointer into the body. */
  readonly field?: string;
  /** The missing right. */
  readonly right?: string;
}
