/** A failure whose message is the sentence the user reads. */
export class Refusal extends Error {}
