/** The part of kubectl's JSONPath that is needed: fields, [*], [?(@.field=="text")]; several expressions and texts in one template. */
export function evaluate(template: string, value: unknown): string {
  return template.replace(/\{([^{}]*)\}/g, (_, expression: string) => select(expression, value).map(print).join(' '))
}

function select(expression: string, value: unknown): readonly unknown[] {
  const parts = expression.match(/\.[\w-]+|\[\*\]|\[\?\(@\.[\w-]+==["'][^"']*["']\)\]/g) ?? []
  if (parts.join('') !== expression) throw new Error(`error parsing jsonpath ${expression}: not emulated`)
  return parts.reduce<readonly unknown[]>((values, part) => values.flatMap((its) => step(its, part)), [value])
}

function step(value: unknown, part: string): readonly unknown[] {
  if (part.startsWith('.')) {
    const found = (value as Record<string, unknown> | undefined)?.[part.slice(1)]
    return found === undefined ? [] : [found]
  }
  const items = Array.isArray(value) ? (value as unknown[]) : []
  if (part === '[*]') return items
  const [, field = '', wanted] = /^\[\?\(@\.([\w-]+)==["']([^"']*)["']\)\]$/.exec(part) ?? []
  return items.filter((item) => (item as Record<string, unknown>)[field] === wanted)
}

function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
