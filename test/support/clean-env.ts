import process from 'node:process'

/** The variables that programs need to run at all; nothing of the developer's own reaches a test. */
export function cleanEnv(own: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', ...own }
}
