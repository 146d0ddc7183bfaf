/** Exit codes of the contract. */
export const EXIT = { fine: 0, problem: 1, usage: 2, cannotRun: 3 } as const

/** Nothing to be done here: a port is taken, nothing is readable. Exit code 3, the message is for the user. */
export class CannotRun extends Error {}

/** A flag with a value that makes no sense. Exit code 2. */
export class UsageError extends Error {}
