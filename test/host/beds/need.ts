import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What a bed needs of the machine. */
export interface Need {
  commands?: string[]
  files?: string[]
}

/**
 * Why a bed cannot be made here, or false; the value fits tap's `skip` option. In CI nothing may be left out: there a
 * missing bed fails the test.
 */
export function missing({ commands = [], files = [] }: Need): string | false {
  const lacks = [
    ...(process.platform === 'linux' && process.getuid?.() === 0 ? [] : ['root on Linux']),
    ...commands.filter(name => which(name) === undefined).map(name => `command ${name}`),
    ...files.filter(path => !existsSync(path)),
  ]
  if (lacks.length === 0) return false
  const reason = `needs ${lacks.join(', ')}`
  if (process.env.CI === 'true') throw new Error(reason)
  return reason
}

/** A command's path: what `.ci/tools` built comes first, then PATH. */
export function which(name: string): string | undefined {
  const cache =
    process.env.NODE_AGENT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent')
  const folders = [join(cache, 'bin'), ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
