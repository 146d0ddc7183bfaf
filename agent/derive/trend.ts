import { median, slide, type Timed } from './window.ts'

/** How much of something was used at a moment. */
export interface Point extends Timed {
  readonly used: number
}

export interface Forecast {
  /** Growth per second now: of the fit that the forecast rests on, else of the shortest one. */
  readonly perSecond: number
  /** Time until this much more is used; undefined where no fit reaches that far. */
  ms(left: number): number | undefined
}

/** A straight line through recent points. */
interface Fit {
  readonly perMs: number
  readonly spanMs: number
  /** It grew until now: where the last third stands still, what was growing has stopped. */
  readonly growing: boolean
}

/** Trailing spans that are fitted. Longer ones see further, shorter ones sooner. */
const SPANS_MS = [2, 8, 32].map(minutes => minutes * 60_000)
const TREND_WINDOW_MS = Math.max(...SPANS_MS)
/** A forecast reaches this many times as far as the span that it is fitted to: 32 min see 4 h ahead. */
const REACH = 8
const MIN_POINTS = 6
/** Enough for a median; all pairs of all points would cost 30 times as much. */
const MAX_POINTS = 16
/** Closer points add cost and no knowledge. */
const MIN_DISTANCE_MS = 4_000

/** The window with a new point, unless the last one is nearly as new. */
export function addPoint(window: readonly Point[], point: Point): readonly Point[] {
  const last = window.at(-1)
  return last && point.atMs - last.atMs < MIN_DISTANCE_MS ? window : slide(window, point, TREND_WINDOW_MS)
}

/** Undefined until there are enough points to tell. */
export function forecast(window: readonly Point[]): Forecast | undefined {
  const fits = SPANS_MS.map(spanMs => fit(window, spanMs)).filter(found => found !== undefined)
  const [shortest] = fits
  if (shortest === undefined) return undefined
  const growing = fits.filter(({ perMs, growing }) => growing && perMs > 0)
  return {
    perSecond: (growing[0] ?? shortest).perMs * 1000,
    ms(left) {
      if (left <= 0) return 0
      const times = growing
        .filter(({ perMs, spanMs }) => left / perMs <= REACH * spanMs)
        .map(({ perMs }) => left / perMs)
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}

function fit(window: readonly Point[], wantedMs: number): Fit | undefined {
  const last = window.at(-1)
  if (last === undefined) return undefined
  const points = window.slice(window.findIndex(({ atMs }) => last.atMs - atMs <= wantedMs))
  const spanMs = last.atMs - points[0]!.atMs
  if (points.length < MIN_POINTS || spanMs <= 0) return undefined
  const thirdAgo = points.find(({ atMs }) => last.atMs - atMs <= spanMs / 3)!
  return { perMs: robustSlope(spread(points)), spanMs, growing: last.used > thirdAgo.used }
}

/** Evenly chosen points, the first and the last among them. */
function spread(points: readonly Point[]): readonly Point[] {
  if (points.length <= MAX_POINTS) return points
  const step = (points.length - 1) / (MAX_POINTS - 1)
  return Array.from({ length: MAX_POINTS }, (_, index) => points[Math.round(index * step)]!)
}

/** Theil–Sen: the median of the slopes of all pairs. Up to 29 % of the points may lie anywhere without moving it. */
export function robustSlope(points: readonly Point[]): number {
  const [first] = points
  if (first === undefined || points.every(({ used }) => used === first.used)) return 0
  const slopes: number[] = []
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) {
      if (b.atMs > a.atMs) slopes.push((b.used - a.used) / (b.atMs - a.atMs))
    }
  }
  return median(slopes) ?? 0
}
