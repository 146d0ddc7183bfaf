import { stringify } from 'yaml'
import { toConfig } from '../config/config.ts'
import { type CommonOptions, load } from './options.ts'

/** Validates one file by itself: neither environment nor flags may hide what is wrong in it. */
export async function checkConfig(file: string): Promise<void> {
  const { loadConfig } = await import('../config/load.ts')
  toConfig(loadConfig({ file, environment: {}, flags: [], set: [] }), {})
  console.log(`${file}: fine`)
}

/** The effective configuration: one line a value, with where it comes from. */
export function printConfig(options: CommonOptions): void {
  const loaded = load(options)
  toConfig(loaded, process.env)
  const leaves = [...loaded.leaves.values()]
  if (options.output === 'json') {
    console.log(
      JSON.stringify(
        Object.fromEntries(leaves.map(({ path, value, origin }) => [path.join('.'), { value, origin }])),
        null,
        2,
      ),
    )
    return
  }
  for (const { path, value, origin } of leaves) {
    console.log(`${path.join('.')}: ${stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()}  # ${origin}`)
  }
}
