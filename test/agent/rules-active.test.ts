import t from 'tap'
import { activeRules } from '../../agent/rules/active.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'

const wants = (filter: { include?: string[]; exclude?: string[] }, name: string, displayName?: string): boolean => {
  const override = { enabled: true, triggers: {}, include: [], exclude: [], ...filter }
  const [rule] = activeRules([ruleCatalogue[0]!], new Map([[ruleCatalogue[0]!.id, override]]))
  return rule!.wants({ name, ...(displayName === undefined ? {} : { displayName }) })
}

t.test('globs select any name that a subject has', async t => {
  t.ok(wants({}, 'vda'))
  t.notOk(wants({ exclude: ['/scratch'] }, '/scratch#inodes'), 'a mount point means its inodes too')
  t.notOk(wants({ exclude: ['/scratch#inodes'] }, '/scratch#inodes'))
  t.ok(wants({ exclude: ['/scratch#inodes'] }, '/scratch'), 'only the inodes')
  t.ok(wants({ exclude: ['/scratch'] }, '/scratch/a'))
  t.notOk(wants({ exclude: ['vg0-*'] }, 'dm-0', 'vg0-orders'), 'the name that people use')
  t.notOk(wants({ exclude: ['dm-*'] }, 'dm-0', 'vg0-orders'), "the kernel's name")
  t.ok(wants({ include: ['vg0-*'] }, 'dm-0', 'vg0-orders'))
  t.notOk(wants({ include: ['vg0-*'] }, 'dm-1', 'vg1-orders'))
  t.notOk(wants({ include: ['vg0-*'], exclude: ['*-orders'] }, 'dm-0', 'vg0-orders'))
})

t.test('a star crosses slashes and leading dots, nothing else is special', async t => {
  const matches = (glob: string, name: string) => wants({ include: [glob] }, name)
  t.ok(matches('shop/*', 'shop/web-0/app'))
  t.ok(matches('*/web-?/app', 'shop/web-0/app'))
  t.ok(matches('/**', '/.snap/x'))
  t.ok(matches('*', '/.snap/x'))
  t.ok(matches('/mnt/*/x*z', '/mnt/xz/x/xyz'))
  t.ok(matches('loop*', 'loop'))
  t.notOk(matches('loop?', 'loop'))
  t.notOk(matches('loop', 'loop0'))
  t.notOk(matches('*a', 'ab'))
  t.notOk(matches('', 'a'))
  t.ok(matches('/a[1].b+(c)', '/a[1].b+(c)'))
  t.notOk(matches('/a.b', '/axb'))
  t.ok(matches('/a*', '/a\nb'))
  t.notOk(matches('*a*a*a*a*a*a*a*b', 'a'.repeat(4096)), 'in time that grows with the length of the name alone')
})
