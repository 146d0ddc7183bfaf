import t from 'tap'
import { Malformed, ok, parsed } from '../../collectors/reading.ts'

t.test('what a fault says is one line of bounded length, whatever was in the file', async t => {
  const detailOf = (message: string): string => {
    const reading = parsed('/proc/x', ok(''), () => {
      throw new Malformed(message)
    })
    return reading.ok ? '' : reading.fault.detail
  }
  t.equal(detailOf('no line "some"'), '/proc/x: no line "some"')
  t.equal(detailOf('a\nb\0c\u001b[31m'), '/proc/x: a�b�c�[31m')
  t.equal(detailOf('9'.repeat(4 * 1024 * 1024)).length, 301)
})

t.test('a parser that throws anything else is a bug and not hidden', async t => {
  t.throws(() => parsed('/proc/x', ok(''), () => JSON.parse('{')), SyntaxError)
})
