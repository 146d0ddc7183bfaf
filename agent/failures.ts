/** Nothing to be done here: a port is taken, nothing is readable. Exit code 3, the message is for the user. */
export class CannotRun extends Error {}

/** A flag with a value that makes no sense. Exit code 2. */
export class UsageError extends Error {}
