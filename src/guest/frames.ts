/** The frames between kina and the agent in a node (session.sh). Pure: bytes in, bytes out. */

export interface RequestFrame {
  readonly id: string
  readonly script: string
  readonly stdin: string | Uint8Array
  readonly args: readonly string[]
  /** Milliseconds. */
  readonly deadline: number
}

export interface AnswerFrame {
  readonly id: string
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly ended: 'exited' | 'timed-out'
}

/** A header line, then the bytes of script, stdin and each argument, in this order. */
export function encodeRequest(request: RequestFrame): Uint8Array {
  const encoder = new TextEncoder()
  const stdin = typeof request.stdin === 'string' ? encoder.encode(request.stdin) : request.stdin
  const parts = [encoder.encode(request.script), stdin, ...request.args.map((arg) => encoder.encode(arg))]
  const sizes = parts.map(({ length }) => length).join(' ')
  const header = encoder.encode(`${request.id} ${(request.deadline / 1000).toFixed(3)} ${sizes}\n`)
  return joined([header, ...parts])
}

/** Collects chunks and gives back whole answers. */
export interface AnswerDecoder {
  /** @throws Error when a line is no answer of this session: somebody else wrote to its stdout. */
  push(chunk: Uint8Array): readonly AnswerFrame[]
}

export function answerDecoder(mark: string): AnswerDecoder {
  let waiting: Uint8Array = new Uint8Array()
  let header: Header | undefined

  function next(): AnswerFrame | undefined {
    if (!header) {
      const end = waiting.indexOf(10)
      if (end < 0) return undefined
      header = parseHeader(new TextDecoder().decode(waiting.subarray(0, end)), mark)
      waiting = waiting.subarray(end + 1)
    }
    const { stdoutBytes, stderrBytes, ...rest } = header
    if (waiting.length < stdoutBytes + stderrBytes) return undefined
    const stdout = waiting.slice(0, stdoutBytes)
    const stderr = waiting.slice(stdoutBytes, stdoutBytes + stderrBytes)
    waiting = waiting.subarray(stdoutBytes + stderrBytes)
    header = undefined
    return { ...rest, stdout, stderr }
  }

  return {
    push(chunk) {
      waiting = joined([waiting, chunk])
      const answers: AnswerFrame[] = []
      for (let answer = next(); answer; answer = next()) answers.push(answer)
      return answers
    },
  }
}

interface Header {
  readonly id: string
  readonly exitCode: number
  readonly stdoutBytes: number
  readonly stderrBytes: number
  readonly ended: 'exited' | 'timed-out'
}

function parseHeader(line: string, mark: string): Header {
  const [found, id, exitCode, stdoutBytes, stderrBytes, ended, ...more] = line.split(' ')
  const sizes = [exitCode, stdoutBytes, stderrBytes].map((text) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : -1))
  const isWhole = id !== undefined && (ended === 'exited' || ended === 'timed-out') && more.length === 0
  if (found !== mark || !isWhole || sizes.includes(-1)) {
    throw new Error(`Not an answer of this session: ${line.slice(0, 200)}`)
  }
  const [code = 0, out = 0, err = 0] = sizes
  return { id, exitCode: code, stdoutBytes: out, stderrBytes: err, ended }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
