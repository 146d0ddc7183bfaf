import t from 'tap'
import { parseMountinfo, parseMounts } from '../../collectors/mounts.ts'
import { totalParser } from './total.ts'

t.test('mountinfo: optional fields, escaped blanks, an empty source', async t => {
  const text = [
    '36 35 253:1 / /var/lib/docker rw,noatime shared:1 master:2 - ext4 /dev/vdb1 rw,errors=remount-ro',
    '37 35 0:44 /a\\040b /mnt/a\\040b\\134 ro - tmpfs  rw',
  ]
  t.same(parseMountinfo(`${text.join('\n')}\n`), [
    {
      id: 36,
      dev: '253:1',
      root: '/',
      mountPoint: '/var/lib/docker',
      options: ['rw', 'noatime'],
      type: 'ext4',
      source: '/dev/vdb1',
      superOptions: ['rw', 'errors=remount-ro'],
    },
    {
      id: 37,
      dev: '0:44',
      root: '/a b',
      mountPoint: '/mnt/a b\\',
      options: ['ro'],
      type: 'tmpfs',
      source: '',
      superOptions: ['rw'],
    },
  ])
  totalParser(t, parseMountinfo, `${text.join('\n')}\n`)
})

t.test('mounts: neither ids nor device numbers', async t => {
  const text = '/dev/vda / ext4 rw,relatime 0 0\ntmpfs /mnt/a\\040b tmpfs rw 0 0\n'
  t.same(
    parseMounts(text).map(({ id, dev, mountPoint, type }) => [id, dev, mountPoint, type]),
    [
      [0, 'none:/dev/vda', '/', 'ext4'],
      [1, 'none:1', '/mnt/a b', 'tmpfs'],
    ],
  )
  totalParser(t, parseMounts, text)
})
