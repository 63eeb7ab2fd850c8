/** A result in every form that `-o` knows. */
export interface Answer {
  /** A line above the table. */
  readonly title?: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly names: readonly string[]
  readonly data: unknown
}

type OutputFormat = 'table' | 'json' | 'yaml' | 'name'

/** @param format checked by the command's table before. */
export async function render(answer: Answer, format: string): Promise<string> {
  switch (format as OutputFormat) {
    case 'name':
      return answer.names.map((name) => `${name}\n`).join('')
    case 'json':
      return `${JSON.stringify(answer.data, null, 2)}\n`
    case 'yaml': {
      const { stringify } = await import('yaml')
      return stringify(answer.data, { lineWidth: 0 })
    }
    case 'table':
      return `${answer.title === undefined ? '' : `${answer.title}\n`}${renderTable(answer.columns, answer.rows)}`
  }
}

/** Columns three blanks apart, as kubectl writes them. */
function renderTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)))
  return [columns, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('')
}
