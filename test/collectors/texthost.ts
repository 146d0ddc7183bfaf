import { NO_SERVICES } from '../../collectors/host/services.ts'
import type { Host } from '../../collectors/host.ts'
import { fault, ok, type Reading } from '../../collectors/reading.ts'

/** A host of a few texts; everything else is absent. `asked` notes the paths that were read. */
export function textHost(answers: {
  readonly files?: Readonly<Record<string, string>>
  readonly lists?: Readonly<Record<string, string[]>>
  readonly links?: Readonly<Record<string, string>>
  readonly asked?: string[]
}): Host {
  const from = <T>(table: Readonly<Record<string, T>> | undefined, path: string): Reading<T> => {
    answers.asked?.push(path)
    const value = table?.[path]
    return value === undefined ? fault('Absent', `${path}: ENOENT`) : ok(value)
  }
  return {
    read: path => from(answers.files, path),
    list: path => from(answers.lists, path),
    readlink: path => from(answers.links, path),
    blocking: {
      statfs: async path => fault('Absent', path),
      statfsServed: async path => fault('Absent', path),
      readText: async path => fault('Absent', path),
      readJson: async path => fault('Absent', path),
      files: async path => fault('Absent', path),
      resolve: async path => fault('Absent', path),
    },
    services: NO_SERVICES,
  }
}
