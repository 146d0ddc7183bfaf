/** CLOCK_MONOTONIC since boot: the same clock for every process of this boot, so that state survives a restart. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** To the microsecond: what a report tells of the agent's own time. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000
