/** Exit codes of the contract. */
export const EXIT = { fine: 0, problem: 1, usage: 2, cannotRun: 3 } as const
