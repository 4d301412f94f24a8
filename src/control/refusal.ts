/** What is answered instead of a result. */
export interface Refusal {
  readonly error: {
    readonly message: string;
    readonly remedy?: string;
    /** `E2D_CONTROL_DENIED` where who asked may not ask this. */
    readonly code?: string;
  };
}

export function refusal(message: string, more: Omit<Refusal['error'], 'message'> = {}): Refusal {
  return { error: { message, ...more } };
}
